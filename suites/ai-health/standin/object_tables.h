#pragma once
// The tables of objects that belong to users: names, columns and constraints as in the real system.

namespace readiness::ai_health {

inline constexpr const char* kObjectTables[] = {
    R"(CREATE TABLE IF NOT EXISTS daily_checkins (
         id serial PRIMARY KEY, user_id integer NOT NULL, checkin_date date NOT NULL, sleep_quality integer,
         energy integer, mood integer, stress integer, notes varchar, behaviors_json json,
         adherence_rate double precision, created_at timestamp, updated_at timestamp,
         CONSTRAINT uq_daily_checkins_user_date UNIQUE (user_id, checkin_date)))",

    R"(CREATE TABLE IF NOT EXISTS symptoms (
         id serial PRIMARY KEY, user_id integer REFERENCES users (id), symptom_name varchar, severity varchar,
         frequency varchar, notes text, "timestamp" timestamp))",

    R"(CREATE TABLE IF NOT EXISTS lab_results (
         id serial PRIMARY KEY, user_id integer REFERENCES users (id), test_name varchar, value double precision,
         unit varchar, reference_range varchar, "timestamp" timestamp, lab_name varchar))",

    R"(CREATE TABLE IF NOT EXISTS interventions (
         id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id), key varchar NOT NULL,
         name varchar NOT NULL, category varchar, dosage varchar, schedule varchar, notes text,
         safety_risk_level varchar, safety_evidence_grade varchar, safety_boundary varchar, safety_issues_json text,
         safety_notes text, created_at timestamptz NOT NULL DEFAULT now()))",

    R"(CREATE TABLE IF NOT EXISTS protocols (
         id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id), title varchar NOT NULL,
         description text, status varchar NOT NULL, version integer NOT NULL, interventions_json text,
         safety_summary_json text, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz))",

    R"(CREATE TABLE IF NOT EXISTS inbox_items (
         id serial PRIMARY KEY, user_id integer NOT NULL, category varchar NOT NULL, title varchar NOT NULL,
         body varchar NOT NULL, metadata_json json, is_read boolean NOT NULL, created_at timestamp NOT NULL))",
    "CREATE INDEX IF NOT EXISTS ix_inbox_items_user_id ON inbox_items (user_id)",
};

}  // namespace readiness::ai_health
