CREATE TABLE financials (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL DEFAULT gen_random_uuid(),
    currency text NOT NULL,
    amount numeric(12, 2) NOT NULL,
    period date NOT NULL,
    note text
);
CREATE INDEX financials_tenant_id_idx ON financials (tenant_id);
