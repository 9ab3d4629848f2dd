SELECT TOP 20000 table_schema AS "table_schema", table_name AS "table_name", column_name AS "column_name",
       data_type AS "data_type", is_nullable AS "is_nullable"
FROM INFORMATION_SCHEMA.COLUMNS
WHERE table_schema NOT IN ('sys', 'INFORMATION_SCHEMA')
ORDER BY table_schema, table_name, ordinal_position
