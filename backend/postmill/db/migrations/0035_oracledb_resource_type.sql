-- The starter type of connections to Oracle databases. A type that an instance has made itself stays as it is.

INSERT INTO resource_type (workspace_id, name, description, format_extension, schema) VALUES
('admins', 'oracledb', 'An Oracle database', NULL, '{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "database": {
            "type": "string",
            "description": "Where it is: host:port/service"
        },
        "user": {
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
        "database",
        "user",
        "password"
    ],
    "order": [
        "database",
        "user",
        "password"
    ]
}'::json)
ON CONFLICT DO NOTHING;
