SELECT owner AS "table_schema", table_name AS "table_name", column_name AS "column_name",
       data_type AS "data_type", CASE nullable WHEN 'Y' THEN 'YES' ELSE 'NO' END AS "is_nullable"
FROM all_tab_columns
WHERE owner NOT IN ('SYS', 'SYSTEM', 'XDB', 'MDSYS', 'CTXSYS', 'WMSYS', 'ORDSYS', 'OUTLN')
ORDER BY owner, table_name, column_id
FETCH FIRST 20000 ROWS ONLY
