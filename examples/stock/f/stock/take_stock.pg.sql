-- database f/stock/db
-- $1 items (jsonb)
-- result_collection=last_statement_all_rows

CREATE TABLE IF NOT EXISTS stock (
    name text PRIMARY KEY,
    count int NOT NULL,
    price numeric(12, 2) NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO stock (name, count, price)
SELECT name, count, price
FROM jsonb_to_recordset($1) AS item (name text, count int, price numeric)
ON CONFLICT (name) DO UPDATE SET count = excluded.count, price = excluded.price, taken_at = now();

SELECT count(*) AS kinds, sum(count * price) AS worth FROM stock;
