ALTER TABLE financials ADD COLUMN currency_code text;
