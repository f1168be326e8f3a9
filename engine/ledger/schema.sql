-- Schema pawl: everything that pawl knows about its runs. Made on first use, in one transaction
-- under an advisory lock; `pawl version --ddl` prints it for a DBA to run. A higher version than a
-- runner knows is refused by that runner.
--
-- Times are the server's clock_timestamp(). Keys are text[] with one element for each key column,
-- in a form that every session reads back alike; NULL means "open end".

CREATE SCHEMA pawl;

CREATE TABLE pawl.meta (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version int NOT NULL,
  created_by_engine text NOT NULL
);

-- One execution of a job. `definition` is complete: any runner can go on without the job's file.
CREATE TABLE pawl.run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  generation int NOT NULL CHECK (generation > 0),
  definition jsonb NOT NULL,
  definition_sha256 bytea NOT NULL CHECK (octet_length(definition_sha256) = 32),
  state text NOT NULL DEFAULT 'running'
    CHECK (state IN ('running', 'paused', 'held', 'verifying', 'done', 'failed', 'cancelled')),
  desired text NOT NULL DEFAULT 'run' CHECK (desired IN ('run', 'pause', 'cancel')),
  reason text,
  state_since timestamptz NOT NULL DEFAULT clock_timestamp(),
  target_oid oid NOT NULL,
  target text NOT NULL,
  settings jsonb NOT NULL,
  tunables jsonb NOT NULL,
  next_range bigint NOT NULL DEFAULT 1,
  round int NOT NULL DEFAULT 0,
  verifier uuid,
  verification text,
  rows_stay bigint NOT NULL DEFAULT 0,
  system_identifier bigint NOT NULL,
  timeline int NOT NULL,
  protocol int NOT NULL,
  engine text NOT NULL,
  opened_by text NOT NULL DEFAULT session_user,
  opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  UNIQUE (name, generation)
);

-- The pieces of the target that are walked by themselves: the table, or each leaf partition.
-- Ranges have been cut in (-infinity, frontier]; `bound` is fixed when the run is opened.
CREATE TABLE pawl.leaf (
  run bigint NOT NULL REFERENCES pawl.run ON DELETE CASCADE,
  number int NOT NULL,
  oid oid NOT NULL,
  name text NOT NULL,
  share float8 NOT NULL,
  bound text[],
  frontier text[],
  exhausted boolean NOT NULL DEFAULT false,
  PRIMARY KEY (run, number),
  UNIQUE (run, oid)
);

CREATE TABLE pawl.runner (
  id uuid PRIMARY KEY,
  run bigint NOT NULL REFERENCES pawl.run ON DELETE CASCADE,
  host text NOT NULL,
  version text NOT NULL,
  protocol int NOT NULL,
  connections int NOT NULL,
  pid int NOT NULL,
  backend_start timestamptz,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_until timestamptz NOT NULL
);
CREATE INDEX runner_run ON pawl.runner (run);

-- A contiguous piece (lo, hi] of a leaf's key space: claimed, fenced and recorded as one. Updated
-- in place once a batch, so pages keep room and no index holds a column that a checkpoint changes.
CREATE TABLE pawl.range (
  run bigint NOT NULL REFERENCES pawl.run ON DELETE CASCADE,
  number bigint NOT NULL,
  round int NOT NULL DEFAULT 0,
  leaf int NOT NULL,
  lo text[],
  hi text[] NOT NULL,
  pos text[],
  stripes int NOT NULL DEFAULT 1 CHECK (stripes > 0),
  stripe_function text,
  next_stripe int NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'claimed', 'done')),
  token bigint NOT NULL DEFAULT 0,
  runner uuid,
  attempts int NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT '-infinity',
  share float8 NOT NULL DEFAULT 0,
  rows_found bigint,
  rows_scanned bigint NOT NULL DEFAULT 0,
  rows_changed bigint NOT NULL DEFAULT 0,
  rows_hot bigint NOT NULL DEFAULT 0,
  batches bigint NOT NULL DEFAULT 0,
  xid xid8,
  last_sqlstate text,
  checkpoint_at timestamptz,
  PRIMARY KEY (run, number),
  FOREIGN KEY (run, leaf) REFERENCES pawl.leaf (run, number) ON DELETE CASCADE,
  CHECK ((state = 'claimed') = (runner IS NOT NULL))
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.05);
-- No two ranges of a round begin at the same key.
CREATE UNIQUE INDEX range_lo ON pawl.range (run, round, leaf, (coalesce(lo, '{}')));
CREATE INDEX range_open ON pawl.range (run, number) WHERE state <> 'done';

-- Requests of operators. Any psql may write them: INSERT INTO pawl.control (run, request) VALUES
-- (42, 'pause'). A trigger applies each to the run in the same transaction; runners read the run.
CREATE TABLE pawl.control (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL REFERENCES pawl.run ON DELETE CASCADE,
  request text NOT NULL CHECK (request IN ('pause', 'resume', 'cancel', 'set')),
  argument jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(argument) = 'object'),
  reason text,
  requested_by text NOT NULL DEFAULT session_user,
  host text,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE pawl.event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL REFERENCES pawl.run ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}',
  by text NOT NULL DEFAULT session_user
);
CREATE INDEX event_run ON pawl.event (run, id);

-- True while a runner may still commit. Its control connection gone from pg_stat_activity means
-- dead at once, where that can be told: pid is 0 behind a pooler, and backend_start is hidden from
-- some roles; then only the lease tells.
CREATE FUNCTION pawl.is_alive(runner pawl.runner) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT runner.lease_until > clock_timestamp()
     AND (runner.pid = 0
          OR runner.backend_start IS NULL
          OR EXISTS (SELECT FROM pg_stat_activity a
                      WHERE a.pid = runner.pid
                        AND (a.backend_start IS NULL OR a.backend_start = runner.backend_start)))
$$;

-- First statement of every batch: locks the range as its holder, or raises PW001 so that nothing
-- of the batch happens. Not merged with the data statement, whose snapshot must be newer than this
-- lock.
CREATE FUNCTION pawl.fence(for_run bigint, for_number bigint, for_token bigint, for_runner uuid,
                           for_stripe int, for_pos text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM pawl.range r
    WHERE r.run = for_run AND r.number = for_number AND r.state = 'claimed'
      AND r.token = for_token AND r.runner = for_runner
      AND r.next_stripe = for_stripe AND r.pos IS NOT DISTINCT FROM for_pos
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'range % of run % is not at this place under token %',
      for_number, for_run, for_token USING ERRCODE = 'PW001';
  END IF;
END $$;

-- Last statement of every batch: moves the range's cursor. Raises unless exactly the row that the
-- fence locked, in the transaction that locked it, is changed; the COMMIT behind it then rolls
-- back.
CREATE FUNCTION pawl.checkpoint(for_run bigint, for_number bigint, for_token bigint,
                                for_runner uuid, for_stripe int, for_pos text[], for_xid xid8,
                                to_stripe int, to_pos text[], is_done boolean,
                                changed bigint, scanned bigint, hot bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moved bigint;
BEGIN
  UPDATE pawl.range r
     SET next_stripe = to_stripe, pos = to_pos,
         state = CASE WHEN is_done THEN 'done' ELSE 'claimed' END,
         runner = CASE WHEN is_done THEN NULL ELSE r.runner END,
         rows_changed = r.rows_changed + changed, rows_scanned = r.rows_scanned + scanned,
         rows_hot = r.rows_hot + hot, batches = r.batches + 1, attempts = 0, last_sqlstate = NULL,
         xid = for_xid, checkpoint_at = clock_timestamp()
   WHERE r.run = for_run AND r.number = for_number AND r.state = 'claimed'
     AND r.token = for_token AND r.runner = for_runner
     AND r.next_stripe = for_stripe AND r.pos IS NOT DISTINCT FROM for_pos
     AND pg_current_xact_id() = for_xid;
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved <> 1 THEN
    RAISE EXCEPTION 'the checkpoint of range % of run % found % rows', for_number, for_run, moved
      USING ERRCODE = 'PW002';
  END IF;
END $$;

-- What no statement may do to a range, whoever sends it.
CREATE FUNCTION pawl.guard_range() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF current_setting('pawl.forget', true) IS DISTINCT FROM OLD.run::text THEN
      RAISE EXCEPTION 'ranges of run % go only with `pawl forget`', OLD.run USING ERRCODE = 'PW003';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.state = 'done' THEN
    RAISE EXCEPTION 'range % of run % is done, which is final', OLD.number, OLD.run
      USING ERRCODE = 'PW003';
  END IF;
  IF (NEW.run, NEW.number, NEW.round, NEW.leaf, NEW.lo, NEW.hi, NEW.stripes, NEW.stripe_function)
       IS DISTINCT FROM (OLD.run, OLD.number, OLD.round, OLD.leaf, OLD.lo, OLD.hi, OLD.stripes,
                         OLD.stripe_function) THEN
    RAISE EXCEPTION 'the extent of range % of run % never changes', OLD.number, OLD.run
      USING ERRCODE = 'PW003';
  END IF;
  IF NEW.token < OLD.token
     OR (NEW.runner IS NOT NULL AND NEW.runner IS DISTINCT FROM OLD.runner
         AND NEW.token = OLD.token) THEN
    RAISE EXCEPTION 'a claim of range % of run % must raise its token', OLD.number, OLD.run
      USING ERRCODE = 'PW003';
  END IF;
  IF (NEW.next_stripe, NEW.pos) IS DISTINCT FROM (OLD.next_stripe, OLD.pos)
     OR NEW.state = 'done' THEN
    IF OLD.state <> 'claimed' OR NEW.token <> OLD.token OR NEW.next_stripe < OLD.next_stripe
       OR (NEW.next_stripe = OLD.next_stripe AND NEW.pos IS NULL AND NEW.state <> 'done') THEN
      RAISE EXCEPTION 'the cursor of range % of run % moves only forward, by its holder',
        OLD.number, OLD.run USING ERRCODE = 'PW003';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON pawl.range
  FOR EACH ROW EXECUTE FUNCTION pawl.guard_range();

CREATE FUNCTION pawl.apply_control() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  subject pawl.run;
  attended boolean;
BEGIN
  SELECT * INTO subject FROM pawl.run r WHERE r.id = NEW.run FOR NO KEY UPDATE;
  attended := EXISTS (SELECT FROM pawl.runner w WHERE w.run = NEW.run AND pawl.is_alive(w));
  IF NEW.request <> 'set' AND subject.state = 'done' THEN
    RAISE EXCEPTION 'run % is done', NEW.run USING ERRCODE = 'PW004';
  END IF;
  IF NEW.request = 'set' THEN
    UPDATE pawl.run r SET tunables = r.tunables || NEW.argument WHERE r.id = NEW.run;
  ELSIF NEW.request = 'pause' THEN
    IF subject.state IN ('failed', 'cancelled') THEN
      RAISE EXCEPTION 'run % is %', NEW.run, subject.state USING ERRCODE = 'PW004';
    END IF;
    UPDATE pawl.run r
       SET desired = 'pause', reason = coalesce(NEW.reason, 'paused by ' || NEW.requested_by),
           state = CASE WHEN attended THEN r.state ELSE 'paused' END,
           state_since = clock_timestamp()
     WHERE r.id = NEW.run;
  ELSIF NEW.request = 'cancel' THEN
    UPDATE pawl.run r
       SET desired = 'cancel', reason = coalesce(NEW.reason, 'cancelled by ' || NEW.requested_by),
           state = CASE WHEN attended THEN r.state ELSE 'cancelled' END,
           ended_at = CASE WHEN attended THEN r.ended_at ELSE clock_timestamp() END,
           state_since = clock_timestamp()
     WHERE r.id = NEW.run;
  ELSE
    UPDATE pawl.run r SET desired = 'run', state = 'running', reason = NULL,
                          state_since = clock_timestamp(), ended_at = NULL
     WHERE r.id = NEW.run;
  END IF;
  INSERT INTO pawl.event (run, kind, detail, by)
  VALUES (NEW.run, 'requested_' || NEW.request,
          jsonb_strip_nulls(jsonb_build_object('argument', nullif(NEW.argument, '{}'),
                                               'reason', NEW.reason, 'host', NEW.host)),
          NEW.requested_by);
  RETURN NEW;
END $$;
CREATE TRIGGER apply AFTER INSERT ON pawl.control
  FOR EACH ROW EXECUTE FUNCTION pawl.apply_control();

INSERT INTO pawl.meta (version, created_by_engine) VALUES (1, 'pawl');
