-- Starter resource types, visible in every workspace. Members marked "password" are secrets: forms keep them in secret
-- variables and store a reference. A type that an instance has made itself stays as it is.

INSERT INTO resource_type (workspace_id, name, description, format_extension, schema) VALUES
('admins', 'airtable', 'An Airtable account', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "apiKey": {
            "type": "string",
            "description": "Personal access token",
            "password": true
        }
    },
    "required": [
        "apiKey"
    ],
    "order": [
        "apiKey"
    ]
}'::json),
('admins', 'anthropic', 'The API of Anthropic', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "apiKey": {
            "type": "string",
            "description": "Key of the API",
            "password": true
        },
        "base_url": {
            "type": "string",
            "description": "Address of the API",
            "default": "https://api.anthropic.com"
        }
    },
    "required": [
        "apiKey"
    ],
    "order": [
        "apiKey",
        "base_url"
    ]
}'::json),
('admins', 'any', 'Any JSON value, without a fixed shape', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {},
    "required": [],
    "order": []
}'::json),
('admins', 'aws', 'Credentials of Amazon Web Services', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "awsAccessKeyId": {
            "type": "string",
            "description": "Id of the access key"
        },
        "awsSecretAccessKey": {
            "type": "string",
            "description": "Secret of the access key",
            "password": true
        },
        "region": {
            "type": "string",
            "description": "Region",
            "default": "us-east-1"
        }
    },
    "required": [
        "awsAccessKeyId",
        "awsSecretAccessKey"
    ],
    "order": [
        "awsAccessKeyId",
        "awsSecretAccessKey",
        "region"
    ]
}'::json),
('admins', 'azure_blob', 'A container of Azure Blob Storage', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "accountName": {
            "type": "string",
            "description": "Name of the storage account"
        },
        "containerName": {
            "type": "string",
            "description": "Name of the container"
        },
        "accessKey": {
            "type": "string",
            "description": "Key of the account",
            "password": true
        },
        "endpoint": {
            "type": "string",
            "description": "Endpoint, where it is not the default",
            "default": ""
        },
        "useSSL": {
            "type": "boolean",
            "description": "Whether https is used",
            "default": true
        }
    },
    "required": [
        "accountName",
        "containerName"
    ],
    "order": [
        "accountName",
        "containerName",
        "accessKey",
        "endpoint",
        "useSSL"
    ]
}'::json),
('admins', 'bigquery', 'A Google BigQuery project, reached with a service account', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "type": {
            "type": "string",
            "description": "Kind of credentials",
            "default": "service_account"
        },
        "project_id": {
            "type": "string",
            "description": "Id of the project"
        },
        "private_key_id": {
            "type": "string",
            "description": "Id of the key"
        },
        "private_key": {
            "type": "string",
            "description": "Private key in PEM",
            "password": true,
            "format": "textarea"
        },
        "client_email": {
            "type": "string",
            "description": "E-mail address of the service account"
        },
        "client_id": {
            "type": "string",
            "description": "Id of the service account"
        },
        "token_uri": {
            "type": "string",
            "description": "Address that gives out tokens",
            "default": "https://oauth2.googleapis.com/token"
        }
    },
    "required": [
        "project_id",
        "private_key",
        "client_email"
    ],
    "order": [
        "type",
        "project_id",
        "private_key_id",
        "private_key",
        "client_email",
        "client_id",
        "token_uri"
    ]
}'::json),
('admins', 'cache', 'A result that is kept for a while', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {},
    "required": [],
    "order": []
}'::json),
('admins', 'discord_webhook', 'A webhook of a Discord channel', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "webhook_url": {
            "type": "string",
            "description": "Address of the webhook",
            "password": true
        }
    },
    "required": [
        "webhook_url"
    ],
    "order": [
        "webhook_url"
    ]
}'::json),
('admins', 'gcp_service_account', 'A service account of Google Cloud', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "type": {
            "type": "string",
            "description": "Kind of credentials",
            "default": "service_account"
        },
        "project_id": {
            "type": "string",
            "description": "Id of the project"
        },
        "private_key_id": {
            "type": "string",
            "description": "Id of the key"
        },
        "private_key": {
            "type": "string",
            "description": "Private key in PEM",
            "password": true,
            "format": "textarea"
        },
        "client_email": {
            "type": "string",
            "description": "E-mail address of the service account"
        },
        "client_id": {
            "type": "string",
            "description": "Id of the service account"
        },
        "token_uri": {
            "type": "string",
            "description": "Address that gives out tokens",
            "default": "https://oauth2.googleapis.com/token"
        }
    },
    "required": [
        "project_id",
        "private_key",
        "client_email"
    ],
    "order": [
        "type",
        "project_id",
        "private_key_id",
        "private_key",
        "client_email",
        "client_id",
        "token_uri"
    ]
}'::json),
('admins', 'git_repository', 'A git repository over https or ssh', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "url": {
            "type": "string",
            "description": "Address of the repository"
        },
        "branch": {
            "type": "string",
            "description": "Branch",
            "default": "main"
        },
        "folder": {
            "type": "string",
            "description": "Folder inside the repository",
            "default": ""
        },
        "token": {
            "type": "string",
            "description": "Token or password, for https",
            "password": true
        },
        "ssh_private_key": {
            "type": "string",
            "description": "Private key, for ssh",
            "password": true,
            "format": "textarea"
        }
    },
    "required": [
        "url"
    ],
    "order": [
        "url",
        "branch",
        "folder",
        "token",
        "ssh_private_key"
    ]
}'::json),
('admins', 'github', 'A GitHub account', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "token": {
            "type": "string",
            "description": "Personal access token, or token of an application",
            "password": true
        },
        "base_url": {
            "type": "string",
            "description": "Address of the API, for GitHub Enterprise",
            "default": "https://api.github.com"
        }
    },
    "required": [
        "token"
    ],
    "order": [
        "token",
        "base_url"
    ]
}'::json),
('admins', 'gitlab', 'A GitLab account', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "baseUrl": {
            "type": "string",
            "description": "Address of the instance",
            "default": "https://gitlab.com"
        },
        "token": {
            "type": "string",
            "description": "Personal, project or group access token",
            "password": true
        }
    },
    "required": [
        "token"
    ],
    "order": [
        "baseUrl",
        "token"
    ]
}'::json),
('admins', 'graphql', 'A GraphQL endpoint', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "base_url": {
            "type": "string",
            "description": "Address of the endpoint",
            "format": "uri"
        },
        "bearer_token": {
            "type": "string",
            "description": "Token, sent as Authorization: Bearer",
            "password": true
        },
        "custom_headers": {
            "type": "object",
            "description": "Further headers",
            "properties": {}
        }
    },
    "required": [
        "base_url"
    ],
    "order": [
        "base_url",
        "bearer_token",
        "custom_headers"
    ]
}'::json),
('admins', 'http', 'An HTTP API without more than an address and headers', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "base_url": {
            "type": "string",
            "description": "Address that requests begin with",
            "format": "uri"
        },
        "headers": {
            "type": "object",
            "description": "Headers to send with every request",
            "properties": {}
        }
    },
    "required": [
        "base_url"
    ],
    "order": [
        "base_url",
        "headers"
    ]
}'::json),
('admins', 'http_basic', 'An HTTP API that asks for a user name and a password', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "base_url": {
            "type": "string",
            "description": "Address that requests begin with",
            "format": "uri"
        },
        "username": {
            "type": "string",
            "description": "Name of the user"
        },
        "password": {
            "type": "string",
            "description": "Password of the user",
            "password": true
        }
    },
    "required": [
        "base_url",
        "username",
        "password"
    ],
    "order": [
        "base_url",
        "username",
        "password"
    ]
}'::json),
('admins', 'http_bearer', 'An HTTP API that asks for a token', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "base_url": {
            "type": "string",
            "description": "Address that requests begin with",
            "format": "uri"
        },
        "token": {
            "type": "string",
            "description": "Token, sent as Authorization: Bearer",
            "password": true
        }
    },
    "required": [
        "base_url",
        "token"
    ],
    "order": [
        "base_url",
        "token"
    ]
}'::json),
('admins', 'imap', 'A mailbox to read', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "host": {
            "type": "string",
            "description": "Name or address of the server"
        },
        "port": {
            "type": "integer",
            "description": "Port of the server",
            "default": 993
        },
        "user": {
            "type": "string",
            "description": "Name of the user"
        },
        "password": {
            "type": "string",
            "description": "Password of the user",
            "password": true
        },
        "tls": {
            "type": "boolean",
            "description": "Whether TLS is used",
            "default": true
        }
    },
    "required": [
        "host",
        "user",
        "password"
    ],
    "order": [
        "host",
        "port",
        "user",
        "password",
        "tls"
    ]
}'::json),
('admins', 'jira', 'A Jira site', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "domain": {
            "type": "string",
            "description": "Name of the site, for instance example.atlassian.net"
        },
        "username": {
            "type": "string",
            "description": "E-mail address of the user"
        },
        "password": {
            "type": "string",
            "description": "API token of the user",
            "password": true
        }
    },
    "required": [
        "domain",
        "username",
        "password"
    ],
    "order": [
        "domain",
        "username",
        "password"
    ]
}'::json),
('admins', 'json_file', 'A JSON document kept as a file', 'json', '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "content": {
            "type": "string",
            "description": "The document",
            "format": "textarea"
        }
    },
    "required": [
        "content"
    ],
    "order": [
        "content"
    ]
}'::json),
('admins', 'kafka', 'A Kafka cluster', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "brokers": {
            "type": "array",
            "description": "Addresses of brokers, host:port",
            "items": {
                "type": "string"
            }
        },
        "security": {
            "type": "string",
            "description": "How to sign in",
            "enum": [
                "PLAINTEXT",
                "SASL_PLAIN",
                "SASL_SSL",
                "SSL"
            ],
            "default": "SASL_SSL"
        },
        "username": {
            "type": "string",
            "description": "Name of the user",
            "default": ""
        },
        "password": {
            "type": "string",
            "description": "Password of the user",
            "password": true
        }
    },
    "required": [
        "brokers"
    ],
    "order": [
        "brokers",
        "security",
        "username",
        "password"
    ]
}'::json),
('admins', 'mongodb', 'A MongoDB database', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "db": {
            "type": "string",
            "description": "Name of the database"
        },
        "servers": {
            "type": "array",
            "description": "The servers of the deployment",
            "items": {
                "type": "object",
                "properties": {
                    "host": {
                        "type": "string",
                        "description": "Name or address"
                    },
                    "port": {
                        "type": "integer",
                        "description": "Port",
                        "default": 27017
                    }
                }
            }
        },
        "credential": {
            "type": "object",
            "description": "Who signs in",
            "properties": {
                "username": {
                    "type": "string",
                    "description": "Name of the user"
                },
                "password": {
                    "type": "string",
                    "description": "Password of the user",
                    "password": true
                },
                "db": {
                    "type": "string",
                    "description": "Database that knows the user",
                    "default": "admin"
                },
                "mechanism": {
                    "type": "string",
                    "description": "How the user signs in",
                    "default": "SCRAM-SHA-256"
                }
            }
        },
        "tls": {
            "type": "boolean",
            "description": "Whether TLS is used",
            "default": true
        }
    },
    "required": [
        "db",
        "servers"
    ],
    "order": [
        "db",
        "servers",
        "credential",
        "tls"
    ]
}'::json),
('admins', 'ms_sql_server', 'A Microsoft SQL Server database', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "host": {
            "type": "string",
            "description": "Name or address of the server"
        },
        "port": {
            "type": "integer",
            "description": "Port of the server",
            "default": 1433
        },
        "instance_name": {
            "type": "string",
            "description": "Named instance, instead of a port",
            "default": ""
        },
        "dbname": {
            "type": "string",
            "description": "Name of the database"
        },
        "user": {
            "type": "string",
            "description": "Name of the login"
        },
        "password": {
            "type": "string",
            "description": "Password of the login",
            "password": true
        },
        "encrypt": {
            "type": "boolean",
            "description": "Whether the connection is encrypted",
            "default": true
        },
        "trust_cert": {
            "type": "boolean",
            "description": "Whether any certificate is accepted",
            "default": false
        }
    },
    "required": [
        "host",
        "dbname"
    ],
    "order": [
        "host",
        "port",
        "instance_name",
        "dbname",
        "user",
        "password",
        "encrypt",
        "trust_cert"
    ]
}'::json),
('admins', 'mysql', 'A MySQL or MariaDB database', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "host": {
            "type": "string",
            "description": "Name or address of the server"
        },
        "port": {
            "type": "integer",
            "description": "Port of the server",
            "default": 3306
        },
        "database": {
            "type": "string",
            "description": "Name of the database"
        },
        "user": {
            "type": "string",
            "description": "Name of the user"
        },
        "password": {
            "type": "string",
            "description": "Password of the user",
            "password": true
        },
        "ssl": {
            "type": "boolean",
            "description": "Whether TLS is used",
            "default": true
        }
    },
    "required": [
        "host",
        "database",
        "user",
        "password"
    ],
    "order": [
        "host",
        "port",
        "database",
        "user",
        "password",
        "ssl"
    ]
}'::json),
('admins', 'notion', 'A Notion workspace', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "token": {
            "type": "string",
            "description": "Token of the integration",
            "password": true
        }
    },
    "required": [
        "token"
    ],
    "order": [
        "token"
    ]
}'::json),
('admins', 'openai', 'The API of OpenAI, or one that speaks the same', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "api_key": {
            "type": "string",
            "description": "Key of the API",
            "password": true
        },
        "base_url": {
            "type": "string",
            "description": "Address of the API",
            "default": "https://api.openai.com/v1"
        },
        "organization_id": {
            "type": "string",
            "description": "Id of the organisation",
            "default": ""
        }
    },
    "required": [
        "api_key"
    ],
    "order": [
        "api_key",
        "base_url",
        "organization_id"
    ]
}'::json),
('admins', 'postgresql', 'A PostgreSQL database', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "host": {
            "type": "string",
            "description": "Name or address of the server"
        },
        "port": {
            "type": "integer",
            "description": "Port of the server",
            "default": 5432
        },
        "dbname": {
            "type": "string",
            "description": "Name of the database"
        },
        "user": {
            "type": "string",
            "description": "Name of the role"
        },
        "password": {
            "type": "string",
            "description": "Password of the role",
            "password": true
        },
        "sslmode": {
            "type": "string",
            "description": "How TLS is used",
            "enum": [
                "disable",
                "allow",
                "prefer",
                "require",
                "verify-ca",
                "verify-full"
            ],
            "default": "prefer"
        },
        "root_certificate_pem": {
            "type": "string",
            "description": "Certificate authority in PEM, for verify-ca and verify-full",
            "format": "textarea",
            "default": ""
        }
    },
    "required": [
        "host",
        "dbname",
        "user",
        "password"
    ],
    "order": [
        "host",
        "port",
        "dbname",
        "user",
        "password",
        "sslmode",
        "root_certificate_pem"
    ]
}'::json),
('admins', 'redis', 'A Redis or Valkey server', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "host": {
            "type": "string",
            "description": "Name or address of the server"
        },
        "port": {
            "type": "integer",
            "description": "Port of the server",
            "default": 6379
        },
        "username": {
            "type": "string",
            "description": "Name of the user",
            "default": ""
        },
        "password": {
            "type": "string",
            "description": "Password",
            "password": true
        },
        "db": {
            "type": "integer",
            "description": "Number of the database",
            "default": 0
        },
        "tls": {
            "type": "boolean",
            "description": "Whether TLS is used",
            "default": false
        }
    },
    "required": [
        "host"
    ],
    "order": [
        "host",
        "port",
        "username",
        "password",
        "db",
        "tls"
    ]
}'::json),
('admins', 's3', 'A bucket of an S3 compatible object store', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "bucket": {
            "type": "string",
            "description": "Name of the bucket"
        },
        "region": {
            "type": "string",
            "description": "Region",
            "default": "us-east-1"
        },
        "endPoint": {
            "type": "string",
            "description": "Name of the endpoint, without https://"
        },
        "useSSL": {
            "type": "boolean",
            "description": "Whether https is used",
            "default": true
        },
        "accessKey": {
            "type": "string",
            "description": "Id of the access key",
            "default": ""
        },
        "secretKey": {
            "type": "string",
            "description": "Secret of the access key",
            "password": true
        },
        "pathStyle": {
            "type": "boolean",
            "description": "Whether the bucket stands in the path instead of the name",
            "default": false
        }
    },
    "required": [
        "bucket",
        "region",
        "endPoint"
    ],
    "order": [
        "bucket",
        "region",
        "endPoint",
        "useSSL",
        "accessKey",
        "secretKey",
        "pathStyle"
    ]
}'::json),
('admins', 'sftp', 'A server that keeps files, reached over ssh', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "host": {
            "type": "string",
            "description": "Name or address of the server"
        },
        "port": {
            "type": "integer",
            "description": "Port of the server",
            "default": 22
        },
        "user": {
            "type": "string",
            "description": "Name of the user"
        },
        "password": {
            "type": "string",
            "description": "Password of the user",
            "password": true
        },
        "private_key": {
            "type": "string",
            "description": "Private key, instead of a password",
            "password": true,
            "format": "textarea"
        }
    },
    "required": [
        "host",
        "user"
    ],
    "order": [
        "host",
        "port",
        "user",
        "password",
        "private_key"
    ]
}'::json),
('admins', 'slack', 'A Slack workspace', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "token": {
            "type": "string",
            "description": "Bot token, beginning with xoxb-",
            "password": true
        }
    },
    "required": [
        "token"
    ],
    "order": [
        "token"
    ]
}'::json),
('admins', 'smtp', 'A mail server that sends', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "host": {
            "type": "string",
            "description": "Name or address of the server"
        },
        "port": {
            "type": "integer",
            "description": "Port of the server",
            "default": 587
        },
        "user": {
            "type": "string",
            "description": "Name of the user",
            "default": ""
        },
        "password": {
            "type": "string",
            "description": "Password of the user",
            "password": true
        },
        "tls": {
            "type": "string",
            "description": "How the connection is encrypted",
            "enum": [
                "starttls",
                "tls",
                "none"
            ],
            "default": "starttls"
        },
        "sender": {
            "type": "string",
            "description": "Address that mails come from",
            "format": "email"
        }
    },
    "required": [
        "host",
        "port"
    ],
    "order": [
        "host",
        "port",
        "user",
        "password",
        "tls",
        "sender"
    ]
}'::json),
('admins', 'snowflake', 'A Snowflake account', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "account_identifier": {
            "type": "string",
            "description": "Account, for instance myorg-account1"
        },
        "username": {
            "type": "string",
            "description": "Name of the user"
        },
        "password": {
            "type": "string",
            "description": "Password of the user",
            "password": true
        },
        "private_key": {
            "type": "string",
            "description": "Private key in PEM, instead of a password",
            "password": true,
            "format": "textarea"
        },
        "warehouse": {
            "type": "string",
            "description": "Virtual warehouse",
            "default": ""
        },
        "database": {
            "type": "string",
            "description": "Database",
            "default": ""
        },
        "schema": {
            "type": "string",
            "description": "Schema",
            "default": ""
        },
        "role": {
            "type": "string",
            "description": "Role",
            "default": ""
        }
    },
    "required": [
        "account_identifier",
        "username"
    ],
    "order": [
        "account_identifier",
        "username",
        "password",
        "private_key",
        "warehouse",
        "database",
        "schema",
        "role"
    ]
}'::json),
('admins', 'ssh_key', 'A key to sign in with over ssh', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "host": {
            "type": "string",
            "description": "Name or address of the server",
            "default": ""
        },
        "port": {
            "type": "integer",
            "description": "Port of the server",
            "default": 22
        },
        "user": {
            "type": "string",
            "description": "Name of the user"
        },
        "private_key": {
            "type": "string",
            "description": "Private key in OpenSSH or PEM form",
            "password": true,
            "format": "textarea"
        },
        "passphrase": {
            "type": "string",
            "description": "Passphrase of the key",
            "password": true
        }
    },
    "required": [
        "user",
        "private_key"
    ],
    "order": [
        "host",
        "port",
        "user",
        "private_key",
        "passphrase"
    ]
}'::json),
('admins', 'state', 'What a script keeps between its runs', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {},
    "required": [],
    "order": []
}'::json),
('admins', 'stripe', 'A Stripe account', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "token": {
            "type": "string",
            "description": "Secret or restricted key",
            "password": true
        }
    },
    "required": [
        "token"
    ],
    "order": [
        "token"
    ]
}'::json),
('admins', 'teams_webhook', 'An incoming webhook of a Microsoft Teams channel', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "webhook_url": {
            "type": "string",
            "description": "Address of the webhook",
            "password": true
        }
    },
    "required": [
        "webhook_url"
    ],
    "order": [
        "webhook_url"
    ]
}'::json),
('admins', 'telegram', 'A Telegram bot', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "token": {
            "type": "string",
            "description": "Token of the bot",
            "password": true
        }
    },
    "required": [
        "token"
    ],
    "order": [
        "token"
    ]
}'::json),
('admins', 'text_file', 'A text kept as a file', 'txt', '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "content": {
            "type": "string",
            "description": "The text",
            "format": "textarea"
        }
    },
    "required": [
        "content"
    ],
    "order": [
        "content"
    ]
}'::json),
('admins', 'yaml_file', 'A YAML document kept as a file', 'yaml', '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "content": {
            "type": "string",
            "description": "The document",
            "format": "textarea"
        }
    },
    "required": [
        "content"
    ],
    "order": [
        "content"
    ]
}'::json)
ON CONFLICT DO NOTHING;
