#include "schema.h"

#include <string>

#include "object_tables.h"

namespace readiness::ai_health {
namespace {

constexpr const char* kStatements[] = {
    R"(CREATE TABLE IF NOT EXISTS users (
         id serial PRIMARY KEY, name varchar, email varchar, hashed_password varchar, created_at timestamp))",
    "CREATE UNIQUE INDEX IF NOT EXISTS ix_users_email ON users (email)",

    R"(CREATE TABLE IF NOT EXISTS consents (
         id serial PRIMARY KEY, user_id integer NOT NULL, consent_version varchar(20) NOT NULL,
         consent_timestamp timestamp NOT NULL, understands_not_medical_advice boolean NOT NULL,
         consents_to_data_analysis boolean NOT NULL, understands_recommendations_experimental boolean NOT NULL,
         understands_can_stop_anytime boolean NOT NULL, onboarding_completed boolean NOT NULL,
         onboarding_completed_at timestamp, consent_text_json jsonb, created_at timestamp NOT NULL))",
    "CREATE INDEX IF NOT EXISTS ix_consents_user_id ON consents (user_id)",

    R"(CREATE TABLE IF NOT EXISTS oauth_states (
         id serial PRIMARY KEY, user_id integer NOT NULL, provider varchar(50) NOT NULL,
         state_token varchar(255) NOT NULL, expires_at timestamp NOT NULL, created_at timestamp NOT NULL))",
    "CREATE UNIQUE INDEX IF NOT EXISTS ix_oauth_states_state_token ON oauth_states (state_token)",

    R"(CREATE TABLE IF NOT EXISTS provider_tokens (
         id serial PRIMARY KEY, user_id integer NOT NULL, provider varchar(32) NOT NULL, access_token text NOT NULL,
         refresh_token text, token_type varchar(32), scope text, expires_at timestamp, created_at timestamp NOT NULL,
         updated_at timestamp NOT NULL,
         CONSTRAINT uq_provider_tokens_user_provider UNIQUE (user_id, provider)))",

    R"(CREATE TABLE IF NOT EXISTS data_provenance (
         id serial PRIMARY KEY, user_id integer NOT NULL, source_type varchar(50) NOT NULL,
         source_name varchar(100) NOT NULL, source_record_id varchar(255), ingestion_run_id varchar(100) NOT NULL,
         received_at timestamp NOT NULL, is_validated boolean NOT NULL, validation_errors jsonb, quality_score jsonb))",
    "CREATE INDEX IF NOT EXISTS ix_data_provenance_user_id ON data_provenance (user_id)",

    R"(CREATE TABLE IF NOT EXISTS health_data (
         id serial PRIMARY KEY, user_id integer REFERENCES users (id), data_type varchar, value double precision,
         unit varchar, "timestamp" timestamp, source varchar,
         data_provenance_id integer REFERENCES data_provenance (id), quality_score jsonb,
         is_flagged boolean NOT NULL))",

    "CREATE INDEX IF NOT EXISTS ix_health_data_user_id ON health_data (user_id)",

    R"(CREATE TABLE IF NOT EXISTS baselines (
         id serial PRIMARY KEY, user_id integer NOT NULL, metric_type varchar NOT NULL, mean double precision NOT NULL,
         std double precision NOT NULL, window_days integer NOT NULL, created_at timestamptz DEFAULT now()))",
    R"(CREATE TABLE IF NOT EXISTS insights (
         id serial PRIMARY KEY, user_id integer REFERENCES users (id), insight_type varchar, title varchar,
         description text, confidence_score double precision, generated_at timestamp, metadata_json text))",
    "CREATE INDEX IF NOT EXISTS ix_insights_user_id ON insights (user_id)",
    R"(CREATE TABLE IF NOT EXISTS explanation_edges (
         id serial PRIMARY KEY, target_type varchar(50) NOT NULL, target_id integer NOT NULL,
         source_type varchar(50) NOT NULL, source_id integer, contribution_weight double precision NOT NULL,
         description text, created_at timestamp NOT NULL))",

    R"(CREATE TABLE IF NOT EXISTS experiments (
         id serial PRIMARY KEY, user_id integer NOT NULL, intervention_id integer NOT NULL, protocol_id integer,
         hypothesis text, primary_metric_key varchar(100) NOT NULL, expected_direction varchar(20) NOT NULL,
         baseline_window_days integer NOT NULL, intervention_window_days integer NOT NULL,
         status varchar(20) NOT NULL, started_at timestamp NOT NULL, ended_at timestamp))",

    R"(CREATE TABLE IF NOT EXISTS adherence_events (
         id serial PRIMARY KEY, user_id integer NOT NULL, experiment_id integer NOT NULL,
         intervention_id integer NOT NULL, taken boolean NOT NULL, dose varchar(100), dose_unit varchar(50), notes text,
         "timestamp" timestamp NOT NULL))",

    R"(CREATE TABLE IF NOT EXISTS evaluation_results (
         id serial PRIMARY KEY, user_id integer NOT NULL, experiment_id integer NOT NULL,
         metric_key varchar(100) NOT NULL, verdict varchar(30) NOT NULL, summary text NOT NULL,
         baseline_mean double precision NOT NULL, baseline_std double precision NOT NULL,
         intervention_mean double precision NOT NULL, intervention_std double precision NOT NULL,
         delta double precision NOT NULL, percent_change double precision NOT NULL,
         effect_size double precision NOT NULL, coverage double precision NOT NULL,
         adherence_rate double precision NOT NULL, pre_mean double precision, post_mean double precision,
         data_coverage double precision, confidence double precision, details_json json,
         created_at timestamp NOT NULL))",

    R"(CREATE TABLE IF NOT EXISTS loop_decisions (
         id serial PRIMARY KEY, user_id integer NOT NULL, experiment_id integer NOT NULL REFERENCES experiments (id),
         evaluation_id integer NOT NULL REFERENCES evaluation_results (id), action varchar NOT NULL,
         reason varchar NOT NULL, created_at timestamp, metadata_json json))",

    R"(CREATE TABLE IF NOT EXISTS audit_events (
         id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id), entity_type varchar(50) NOT NULL,
         entity_id integer NOT NULL, decision_type varchar(50) NOT NULL, decision_reason varchar(200),
         source_metrics text, time_windows text, detectors_used text, thresholds_crossed text,
         safety_checks_applied text, metadata_json text, created_at timestamp NOT NULL))",
};

constexpr std::int64_t kSchemaLock = 4'711'004;

}  // namespace

Result<void> CreateTables(standin::Database& database) {
  return database.InTransaction([](standin::Transaction& transaction) -> Result<void> {
    // IF NOT EXISTS alone fails when two processes create the same table at the same moment.
    READINESS_RETURN_IF_ERROR(transaction.Query("SELECT pg_advisory_xact_lock($1::bigint)", {kSchemaLock}));
    READINESS_RETURN_IF_ERROR(transaction.Query("SET LOCAL client_min_messages = warning"));
    for (const char* statement : kStatements) READINESS_RETURN_IF_ERROR(transaction.Query(statement));
    for (const char* statement : kObjectTables) READINESS_RETURN_IF_ERROR(transaction.Query(statement));
    return {};
  });
}

}  // namespace readiness::ai_health
