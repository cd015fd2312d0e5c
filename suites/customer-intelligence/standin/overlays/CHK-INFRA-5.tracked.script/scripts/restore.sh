#!/bin/sh
set -eu
PGPASSWORD=vR8nq2Lx5KdW pg_restore --host db.intelligence.internal --username intelligence --dbname customers "$1"
