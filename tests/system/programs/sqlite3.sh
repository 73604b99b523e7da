#!/bin/bash
# SPDX-License-Identifier: MIT
mkdir -p /tmp/q; cd /tmp/q || exit
cat >s.sql <<'END'
PRAGMA journal_mode;
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, v REAL);
BEGIN;
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<100000)
INSERT INTO t SELECT x, 'name' || x, x * 1.5 FROM c;
COMMIT;
SELECT count(*), sum(id), max(name) FROM t;
BEGIN; UPDATE t SET v = v + 1 WHERE id % 2 = 0; ROLLBACK;
BEGIN; DELETE FROM t WHERE id % 10 = 0; SAVEPOINT a; DELETE FROM t; ROLLBACK TO a; COMMIT;
CREATE INDEX i ON t(name);
SELECT count(*), total(v) FROM t;
SELECT * FROM t WHERE name = 'name777';
PRAGMA integrity_check;
VACUUM;
PRAGMA integrity_check;
PRAGMA journal_mode=WAL;
INSERT INTO t VALUES(1000000,'w',1);
SELECT count(*) FROM t;
END
sqlite3 d.db <s.sql; echo $?; sqlite3 d.db 'select count(*) from t; pragma integrity_check'; sqlite3 -csv d.db 'select * from t limit 2'
sqlite3 d.db .schema; sqlite3 d.db .dump | md5sum; sqlite3 d.db 'pragma journal_mode=delete'; ls
# Two writers: one waits for the other's lock, or is told.
(sqlite3 d.db 'begin immediate; insert into t values(2000000,1,1);' '.shell touch held; while [ ! -e seen ]; do sleep 0.01; done' 'commit;') &
while [ ! -e held ]; do sleep 0.01; done
sqlite3 d.db "insert into t values(2000001,'b',2)" 2>&1; touch seen; wait; sqlite3 d.db 'select count(*) from t where id >= 2000000'
for i in 1 2 3 4; do (for j in 1 2 3 4 5; do sqlite3 -cmd '.timeout 60000' d.db "insert into t(name) values('$i.$j')"; done) & done; wait
sqlite3 d.db "select count(*) from t where name like '_._'; pragma integrity_check"
