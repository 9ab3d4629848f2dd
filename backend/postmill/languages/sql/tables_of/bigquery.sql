-- Columns are kept apart for each dataset, so that only the datasets are listed.
SELECT schema_name AS table_schema, NULL AS table_name, NULL AS column_name, NULL AS data_type, NULL AS is_nullable
FROM INFORMATION_SCHEMA.SCHEMATA
ORDER BY schema_name
