# PostgreSQL from the distribution's own packages. No cluster is made here: each container makes its own, as the user
# postgres, in /var/lib/postgresql/data.
ARG BASE
FROM ${BASE}
RUN mkdir -p /etc/postgresql-common \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Options::=--force-unsafe-io install -y -qq --no-install-recommends \
      postgresql postgresql-client \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/* \
 && ln -s /usr/lib/postgresql/*/bin/postgres /usr/lib/postgresql/*/bin/initdb /usr/local/bin/ \
 && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
ENV LC_ALL=C TZ=UTC
USER postgres
WORKDIR /var/lib/postgresql
CMD ["postgres", "-D", "/var/lib/postgresql/data"]
