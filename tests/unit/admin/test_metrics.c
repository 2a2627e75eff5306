/* Tests of admin/metrics.c: what Prometheus reads, line by line. */
#include "admin/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "../check_main.h"

static const struct admin_health health[] = { { .service = "web", .ok = true },
	{ .service = "ssh" } };
static const struct admin_agent agents[] = { { .agent = "nas", .connected = true,
	.rtt_us = 1000123,
	.streams = 3, .replay_bytes = 65536, .bytes_in = 1, .bytes_out = UINT64_MAX,
	.not_after = 1800000000, .services_health = health, .n_services_health = 2 },
	{ .agent = "out", .connected = false } };
static const struct admin_service services[] = { { .name = "web",
	.listen = "0.0.0.0:80", .connections = 7, .refused = { { [REFUSED_BANNED] = 8 } } } };
static const struct admin_tenant tenants[] = { { .name = "acme",
	.services = services, .n_services = 1, .agents = agents, .n_agents = 2,
	.streams = 5, .memory = 9000, .limits = { .memory = 10000, .quota = 1000 },
	.used = 800,
	.refused = { { 1, 2, 3, 4, 5 } }, .renewed = { { [RENEWED_LATE] = 3 } } },
	{ .name = "a\"b\\\n\xff" } };
static const struct admin_worker workers[] = { { .index = 0, .sessions = 1 },
	{ .index = 1, .streams = 3, .loop_turns = 99, .bytes_out = 8 } };
static const struct admin_status snapshot = { .version = "0.1.0", .draining = true,
	.uptime_s = 100, .handshakes_failed = 6, .bans = 4,
	.memory = 20000, .memory_max = 1000000, .timings = { .resumed = 2,
	.dial = { { 1, 0, 4, [HISTOGRAM_BUCKETS - 1] = 2 }, 40000123 } },
	.not_after = 1900000000, .crl_number = 12, .crl_next_update = 1850000000,
	.renewed = { { 21, 22, 23, 24 } }, .denied = 3, .n_alarms = 1,
	.workers = workers, .n_workers = 2,
	.tenants = tenants, .n_tenants = 2 };

START_TEST(every_figure_has_its_line)
{
	static const char *const lines[] = {
		"atlax_relay_info{version=\"0.1.0\"} 1",
		"# TYPE atlax_uptime_seconds gauge",
		"atlax_uptime_seconds 100",
		"atlax_draining 1",
		"atlax_handshakes_failed_total 6",
		"atlax_relay_certificate_expiry_timestamp_seconds 1900000000",
		"atlax_crl_expiry_timestamp_seconds 1850000000",
		"atlax_crl_number 12",
		"atlax_denied_entries 3",
		"atlax_alarms 1",
		"atlax_worker_sessions{worker=\"0\"} 1",
		"atlax_worker_streams{worker=\"1\"} 3",
		"# TYPE atlax_worker_loop_turns_total counter",
		"atlax_worker_loop_turns_total{worker=\"1\"} 99",
		"atlax_worker_sent_bytes{worker=\"1\"} 8",
		"atlax_tenant_streams{tenant=\"acme\"} 5",
		"atlax_tenant_agents{tenant=\"acme\"} 1",
		"atlax_tenant_refused_total{tenant=\"acme\",reason=\"no_agent\"} 1",
		"atlax_tenant_refused_total{tenant=\"acme\",reason=\"memory\"} 4",
		"atlax_tenant_refused_total{tenant=\"acme\",reason=\"source\"} 5",
		"atlax_service_connections_total{tenant=\"acme\",service=\"web\"} 7",
		"atlax_service_refused_total{tenant=\"acme\",service=\"web\","
		"reason=\"banned\"} 8",
		"# TYPE atlax_renewals_total counter",
		"atlax_renewals_total{result=\"issued\"} 21",
		"atlax_renewals_total{result=\"refused\"} 22",
		"atlax_renewals_total{result=\"late\"} 23",
		"atlax_renewals_total{result=\"late_refused\"} 24",
		"atlax_tenant_renewals_total{tenant=\"acme\",result=\"issued\"} 0",
		"atlax_tenant_renewals_total{tenant=\"acme\",result=\"late\"} 3",
		"atlax_bans_total 4",
		"# TYPE atlax_sessions_resumed_total counter",
		"atlax_sessions_resumed_total 2",
		"atlax_memory_bytes 20000",
		"atlax_memory_limit_bytes 1000000",
		"atlax_tenant_memory_bytes{tenant=\"acme\"} 9000",
		"atlax_tenant_memory_limit_bytes{tenant=\"acme\"} 10000",
		"atlax_quota_used_bytes{tenant=\"acme\"} 800",
		"atlax_quota_bytes{tenant=\"acme\"} 1000",
		"# TYPE atlax_dial_seconds histogram",
		"atlax_dial_seconds_bucket{le=\"0.000128\"} 1",
		"atlax_dial_seconds_bucket{le=\"0.000512\"} 5",
		"atlax_dial_seconds_bucket{le=\"16.777216\"} 5",
		"atlax_dial_seconds_bucket{le=\"+Inf\"} 7",
		"atlax_dial_seconds_sum 40.000123",
		"atlax_dial_seconds_count 7",
		"atlax_handshake_seconds_count 0",
		"atlax_agent_replay_bytes{tenant=\"acme\",agent=\"nas\"} 65536",
		"atlax_agent_connected{tenant=\"acme\",agent=\"nas\"} 1",
		"atlax_agent_connected{tenant=\"acme\",agent=\"out\"} 0",
		"atlax_agent_rtt_seconds{tenant=\"acme\",agent=\"nas\"} 1.000123",
		"atlax_agent_streams{tenant=\"acme\",agent=\"nas\"} 3",
		"atlax_agent_received_bytes_total{tenant=\"acme\",agent=\"nas\"} 1",
		"atlax_agent_sent_bytes_total{tenant=\"acme\",agent=\"nas\"} "
		"18446744073709551615",
		"atlax_agent_certificate_expiry_timestamp_seconds{tenant=\"acme\","
		"agent=\"nas\"} 1800000000",
		"atlax_agent_service_healthy{tenant=\"acme\",agent=\"nas\","
		"service=\"ssh\"} 0",
	};
	char *doc = metrics_render(&snapshot, false);

	ck_assert_ptr_nonnull(doc);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const char *at = strstr(doc, lines[i]);

		ck_assert_msg(at != NULL && (at == doc || at[-1] == '\n') &&
		    at[strlen(lines[i])] == '\n', "%s\nin\n%s", lines[i], doc);
	}
	free(doc);
}
END_TEST

START_TEST(no_limit_has_no_line)
{
	char *doc = metrics_render(&snapshot, false);

	ck_assert_ptr_null(strstr(doc, "atlax_tenant_memory_limit_bytes{tenant=\"a\\\""));
	ck_assert_ptr_null(strstr(doc, "atlax_quota_bytes{tenant=\"a\\\""));
	free(doc);
}
END_TEST

START_TEST(openmetrics_is_other_where_it_has_to_be)
{
	static const char *const lines[] = {
		"# TYPE atlax_bans counter\n", "atlax_bans_total 4\n",
		"# TYPE atlax_agent_sent_bytes counter\n# UNIT atlax_agent_sent_bytes bytes\n",
		"# UNIT atlax_uptime_seconds seconds\natlax_uptime_seconds 100\n",
		"# TYPE atlax_dial_seconds histogram\n# UNIT atlax_dial_seconds seconds\n",
	};
	char *doc = metrics_render(&snapshot, true);

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		ck_assert_msg(strstr(doc, lines[i]) != NULL, "%s in\n%s", lines[i], doc);
	ck_assert_ptr_null(strstr(doc, "_total counter"));
	ck_assert_str_eq(doc + strlen(doc) - strlen("\n# EOF\n"), "\n# EOF\n");
	free(doc);
	doc = metrics_render(&snapshot, false);
	ck_assert_ptr_null(strstr(doc, "# EOF"));
	ck_assert_ptr_null(strstr(doc, "# UNIT"));
	free(doc);
}
END_TEST

/* What is escaped for people is escaped once more for the format. */
START_TEST(labels_cannot_break_out)
{
	char *doc = metrics_render(&snapshot, false);

	ck_assert_ptr_nonnull(strstr(doc,
	    "atlax_tenant_streams{tenant=\"a\\\"b\\\\\\\\\\\\x0a\\\\xff\"} 0\n"));
	free(doc);
}
END_TEST

START_TEST(an_agent_that_is_being_replaced_is_said_once)
{
	static const struct admin_agent twins[] = { { .agent = "nas", .streams = 1 },
		{ .agent = "nas", .streams = 2 }, { .agent = "pi", .streams = 3 } };
	static const struct admin_tenant home[] = { { .name = "home",
		.agents = twins, .n_agents = 3 } };
	char *doc = metrics_render(&(struct admin_status){ .version = "",
		.tenants = home, .n_tenants = 1 }, false);
	const char *line = "atlax_agent_streams{tenant=\"home\",agent=\"nas\"}";
	const char *at = strstr(doc, line);

	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_null(strstr(at + 1, line));
	ck_assert_ptr_nonnull(strstr(doc, "agent=\"pi\"} 3\n"));
	free(doc);
}
END_TEST

/* Each name is announced once, and its samples stand together behind that. */
START_TEST(families_are_whole)
{
	char *doc = metrics_render(&snapshot, false), *line, *end = doc, *seen = strdup(" ");
	char name[100] = "", other[100];

	while (*(line = end) != '\0') {
		end = strchr(line, '\n') + 1;
		if (sscanf(line, "# HELP %99s", name) == 1) {
			snprintf(other, sizeof(other), " %s ", name);
			ck_assert_ptr_null(strstr(seen, other));
			seen = realloc(seen, strlen(seen) + strlen(name) + 2);
			strncat(strncat(seen, name, 100), " ", 2);
		} else if (*line != '#') {
			ck_assert_int_eq(sscanf(line, "%99[a-z_]", other), 1);
			ck_assert_int_eq(strncmp(other, name, strlen(name)), 0);
			ck_assert_ptr_nonnull(strstr(" _bucket _sum _count",
			    other + strlen(name)));
		}
	}
	free(seen);
	free(doc);
}
END_TEST

CHECK_MAIN("admin/metrics", every_figure_has_its_line, labels_cannot_break_out,
    no_limit_has_no_line, openmetrics_is_other_where_it_has_to_be,
    an_agent_that_is_being_replaced_is_said_once, families_are_whole)
