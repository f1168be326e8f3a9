-- Sent once by lint::read_schema: Prisma's history of migrations, in the session's own schema $1,
-- if there is one that this role may read. No lock.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $1::text AND c.relname = '_prisma_migrations'
   AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
