UPDATE financials SET currency_code = upper(currency) WHERE currency_code IS NULL;
