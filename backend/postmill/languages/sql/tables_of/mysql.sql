SELECT table_schema AS `table_schema`, table_name AS `table_name`, column_name AS `column_name`,
       data_type AS `data_type`, is_nullable AS `is_nullable`
FROM information_schema.columns
WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
ORDER BY table_schema, table_name, ordinal_position
LIMIT 20000
