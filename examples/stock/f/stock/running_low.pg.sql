-- database f/stock/db
-- $1 fewer_than (int) = 5
-- %%order_by%% name/count/price = count

SELECT name, count, price, taken_at
FROM stock
WHERE count < $1
ORDER BY %%order_by%%;
