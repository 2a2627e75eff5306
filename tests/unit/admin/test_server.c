/* Tests of admin/server.c and admin/render.c: a client and the server in one
 * thread, over a real socket.                                                */
#include "admin/admin.h"

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#include "../check_main.h"

struct fixture {
	char dir[64], path[108];
	struct admin *admin;
	struct admin_request *asked; /* the last one, not answered */
	struct sockaddr_in at; /* where it listens, if over TCP */
	unsigned questions;
	bool at_once;
	uint32_t approved, rejected;
	char certificate[32]; /* what came as one */
	struct admin_streams_wish wish;
	struct admin_stream_id closed;
	char kicked[64];
	struct admin_wish plan; /* of a plan, or of a reload */
	unsigned plans, reloads;
};

static const struct admin_health health[] = { { .service = "web", .ok = true },
	{ .service = "ssh" } };
static const struct admin_lane lanes[] = {
	{ .lane = 0, .worker = 1, .rtt_us = 120, .streams = 2 },
	{ .lane = 1, .worker = 0, .streams = 1 } };
static const struct admin_agent agents[] = { { .agent = "nas",
	.address = "192.0.2.7:40000", .connected = true, .worker = 1, .rtt_us = 120,
	.uptime_s = 3600, .streams = 3, .bytes_in = 1, .bytes_out = UINT64_MAX,
	.cipher = "TLS13-AES128-GCM-SHA256", .software = "x\"\n\xff",
	.not_after = 1800000000, .services_health = health, .n_services_health = 2,
	.lanes = lanes, .n_lanes = 2 } };
static const struct admin_agent offs[] = { { .agent = "pi", .address = "192.0.2.9:1",
	.away_s = 60, .last_seen = 1700000000, .why = "no sign\n" } };
static const struct admin_service services[] = { { .name = "web",
	.listen = "0.0.0.0:80", .connections = 7, .refused = { { [REFUSED_BANNED] = 8 } } } };
static const struct admin_tenant tenants[] = { { .name = "acme",
	.services = services, .n_services = 1, .agents = agents, .n_agents = 1,
	.offs = offs, .n_offs = 1, .streams = 3,
	.limits = { .agents = 4, .streams = 4096, .memory = 1 << 20 },
	.refused = { { 1, 2, 3, 4, 5 } },
	.renewed = { { [RENEWED_REFUSED] = 6 } } } };
static const struct admin_worker workers[] = { { .index = 0, .sessions = 1 },
	{ .index = 1, .streams = 3, .busy = 7, .loop_turns = 99 } };
static const struct admin_status snapshot = { .version = "0.1.0",
	.listen = "0.0.0.0:8443", .pid = 42, .uptime_s = 100, .workers = workers,
	.n_workers = 2, .tenants = tenants, .n_tenants = 1 };

static void
on_status(struct relay *relay, struct admin_request *req)
{
	struct fixture *f = (void *)relay;

	f->questions++;
	if (f->at_once)
		admin_reply_status(req, &snapshot);
	else
		f->asked = req;
}

static void
on_pending(struct relay *relay AX_UNUSED, struct admin_request *req)
{
	static const struct admin_pending one = { .id = 7, .name = "nas",
		.from = "192.0.2.7:4", .words = "a b c d", .state = "pending",
		.csr = "PEM\n", .age_s = 3, .left_s = 5, .connected = true };

	admin_reply_pending(req, &(struct admin_enrolment){ .listen = "*:8444",
		.pin = "PIN", .pending = &one, .n_pending = 1, .refused = 9,
		.expected = &(struct admin_expected){ 8, "home/tv", "e f g h", 60 },
		.n_expected = 1 });
}

static void
on_expect(struct relay *relay, struct admin_request *req, const struct admin_expect *what)
{
	struct fixture *f = (void *)relay;

	(void)snprintf(f->certificate, sizeof(f->certificate), "%s %d",
	    what->certificate, (int)what->for_s);
	admin_reply_decided(req, &(struct admin_decided){
	    .id = 9, .tenant_known = true, .expected = true });
}

static void
on_voucher(struct relay *relay, struct admin_request *req, const struct admin_voucher *what)
{
	struct fixture *f = (void *)relay;

	(void)snprintf(f->certificate, sizeof(f->certificate), "%s %d", what->as,
	    (int)what->for_s);
	admin_reply_voucher(req, &(struct admin_vouchers){ .listen = "*:8444",
	    .pin = "PIN", .tenant_known = true });
}

static void
on_approve(struct relay *relay, struct admin_request *req, uint32_t id, struct slice certificate)
{
	struct fixture *f = (void *)relay;
	struct str s;

	f->approved = id;
	str_init(&s, f->certificate, sizeof(f->certificate));
	str_add_n(&s, (const char *)certificate.p, certificate.n);
	admin_reply_decided(req, &(struct admin_decided){
	    .id = id, .name = "nas", .words = "a b c d", .tenant_known = true });
}

static void
on_reject(struct relay *relay, struct admin_request *req, uint32_t id)
{
	struct fixture *f = (void *)relay;

	f->rejected = id;
	admin_refuse(req, "decided already");
}

static void
on_streams(struct relay *relay, struct admin_request *req, const struct admin_streams_wish *w)
{
	static const struct admin_stream one = { .id = { 1, 77 }, .tenant = "acme",
		.agent = "nas", .service = "web", .client = "192.0.2.9:5",
		.bytes_in = 3, .bytes_out = 4, .age_ms = 5 };
	struct fixture *f = (void *)relay;

	f->wish = *w;
	admin_reply_streams(req, &(struct admin_streams){ &one, 1, 9 });
}

static void
on_close_stream(struct relay *relay, struct admin_request *req, struct admin_stream_id id)
{
	struct fixture *f = (void *)relay;

	f->closed = id;
	admin_reply_closed(req, 1);
}

static void
on_kick(struct relay *relay, struct admin_request *req, const struct admin_agent_name *name)
{
	struct fixture *f = (void *)relay;

	snprintf(f->kicked, sizeof(f->kicked), "%s %s", name->tenant,
	    name->agent == NULL ? "*" : name->agent);
	admin_not_found(req, "no such agent");
}

static void
on_plan(struct relay *relay, struct admin_request *req, const struct admin_wish *wish)
{
	static const struct admin_change changes[] = {
		{ .action = "remove", .tenant = "acme", .agents = 2, .connections = 14 },
		{ .action = "change", .key = "relay.workers", .before = "auto",
		    .after = "2", .restart = true } };
	struct fixture *f = (void *)relay;

	f->plans++;
	f->plan = *wish;
	admin_reply_plan(req, &(struct admin_plan){ .file = "/f", .digest = "0d",
		.changes = changes, .n = ARRAY_LEN(changes) });
}

static void
on_reload(struct relay *relay, struct admin_request *req, const struct admin_wish *wish)
{
	struct fixture *f = (void *)relay;

	f->reloads++;
	f->plan = *wish;
	admin_refuse(req, "r.yaml:1:2: no");
}

static const struct admin_ops ops = { .status = on_status, .pending = on_pending,
	.approve = on_approve, .reject = on_reject, .expect = on_expect,
	.voucher = on_voucher, .streams = on_streams,
	.close_stream = on_close_stream, .kick = on_kick, .plan = on_plan,
	.reload = on_reload };

/* Over TCP: an address of the kernel's choice. */
static int
begin_tcp(struct fixture *f, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct admin_args args = { .ops = &ops, .relay = (void *)f };
	socklen_t len = sizeof(f->at);

	args.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(args.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(args.fd, 16), 0);
	ck_assert_int_eq(getsockname(args.fd, (struct sockaddr *)&f->at, &len), 0);
	return admin_new(&args, &f->admin, e);
}

static int
begin(struct fixture *f, struct err *e)
{
	const struct admin_args args = { .socket = f->path, .ops = &ops, .relay = (void *)f };

	return admin_new(&args, &f->admin, e);
}

static void
setup(struct fixture *f)
{
	struct err e = { 0 };

	*f = (struct fixture){ .dir = "/tmp/atlax-admin-XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/relay.sock", f->dir);
	ck_assert_msg(begin(f, &e) == 0, "%s", e.text);
}

static void
teardown(struct fixture *f)
{
	admin_free(&f->admin);
	ck_assert_int_eq(access(f->path, F_OK), -1);
	ck_assert_int_eq(rmdir(f->dir), 0);
}

static int
dial(const struct fixture *f)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(at.sun_path, f->path, sizeof(at.sun_path));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static int
dial_tcp(const struct fixture *f)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&f->at, sizeof(f->at)), 0);
	return fd;
}

static int
ask(const struct fixture *f, const char *request)
{
	int fd = f->at.sin_port != 0 ? dial_tcp(f) : dial(f);

	ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	return fd;
}

/* Serves until nothing more happens for a moment. */
static void
serve(struct fixture *f)
{
	struct pollfd p = { .fd = admin_fd(f->admin), .events = POLLIN };

	do
		admin_run(f->admin);
	while (poll(&p, 1, admin_timeout_ms(f->admin) == 0 ? 0 : 20) > 0 ||
	    admin_timeout_ms(f->admin) == 0);
}

/* Everything the server sends until it closes; closes fd. */
static const char *
answer(struct fixture *f, int fd)
{
	static char all[16384];
	size_t n = 0;
	ssize_t r;

	for (int turns = 0; turns < 200; turns++) {
		if (f->admin != NULL)
			serve(f);
		r = recv(fd, all + n, sizeof(all) - 1 - n, MSG_DONTWAIT);
		if (r > 0)
			n += (size_t)r;
		else if (r == 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	all[n] = '\0';
	close(fd);
	return all;
}

#define GET "GET /v1/status HTTP/1.1\r\nHost: atlax\r\nConnection: close\r\n\r\n"

static json_t *
body(const char *http)
{
	const char *at = strstr(http, "\r\n\r\n");
	json_error_t e;
	json_t *o;

	ck_assert_ptr_nonnull(at);
	o = json_loads(at + 4, 0, &e);
	ck_assert_msg(o != NULL, "%s", e.text);
	return o;
}

/* The member at the end of a path of keys and indices: "tenants.0.name". */
static const json_t *
member(const json_t *o, const char *path)
{
	char copy[128], *save = NULL;

	ck_assert(str_copy(copy, sizeof(copy), path));
	for (char *p = strtok_r(copy, ".", &save); p != NULL; p = strtok_r(NULL, ".", &save))
		o = json_is_array(o) ? json_array_get(o, strtoul(p, NULL, 10)) :
		    json_object_get(o, p);
	ck_assert_msg(o != NULL, "%s is missing", path);
	return o;
}

static json_int_t
number(const json_t *o, const char *path)
{
	ck_assert(json_is_integer(member(o, path)));
	return json_integer_value(member(o, path));
}

static const char *
text(const json_t *o, const char *path)
{
	ck_assert(json_is_string(member(o, path)));
	return json_string_value(member(o, path));
}

START_TEST(status_is_complete_json)
{
	struct fixture f;
	json_t *o;

	setup(&f);
	f.at_once = true;
	o = body(answer(&f, ask(&f, GET)));
	ck_assert_str_eq(text(o, "version"), "0.1.0");
	ck_assert_int_eq(number(o, "pid"), 42);
	ck_assert_int_eq(number(o, "workers.1.busy_percent"), 7);
	ck_assert_int_eq(number(o, "workers.1.loop_turns"), 99);
	ck_assert_str_eq(text(o, "tenants.0.services.0.listen"), "0.0.0.0:80");
	ck_assert_int_eq(number(o, "tenants.0.refused.rate"), 3);
	ck_assert_int_eq(number(o, "tenants.0.renewed.refused"), 6);
	ck_assert_int_eq(number(o, "tenants.0.renewed.late"), 0);
	ck_assert_int_eq(number(o, "renewed.issued"), 0);
	ck_assert_int_eq(number(o, "tenants.0.limits.memory"), 1 << 20);
	ck_assert_str_eq(text(o, "tenants.0.agents.0.agent"), "nas");
	ck_assert(json_is_true(member(o, "tenants.0.agents.0.connected")));
	ck_assert_int_eq(number(o, "tenants.0.agents.0.not_after"), 1800000000);
	ck_assert(json_is_false(member(o, "tenants.0.agents.0.services_health.1.ok")));
	ck_assert_int_eq(number(o, "tenants.0.agents.0.lanes.1.lane"), 1);
	ck_assert_int_eq(number(o, "tenants.0.agents.0.lanes.0.worker"), 1);
	ck_assert_str_eq(text(o, "tenants.0.agents.0.state"), "up");
	ck_assert_str_eq(text(o, "tenants.0.agents.1.state"), "off");
	ck_assert_str_eq(text(o, "tenants.0.agents.1.address"), "192.0.2.9:1");
	ck_assert_int_eq(number(o, "tenants.0.agents.1.last_seen"), 1700000000);
	ck_assert_int_eq(number(o, "tenants.0.agents.1.away_s"), 60);
	json_decref(o);
	teardown(&f);
}
END_TEST

START_TEST(what_a_peer_says_is_escaped_and_numbers_stay_in_range)
{
	struct fixture f;
	json_t *o;

	setup(&f);
	f.at_once = true;
	o = body(answer(&f, ask(&f, GET)));
	ck_assert_str_eq(text(o, "tenants.0.agents.0.software"), "x\"\\x0a\\xff");
	ck_assert_str_eq(text(o, "tenants.0.agents.1.why"), "no sign\\x0a");
	ck_assert(number(o, "tenants.0.agents.0.bytes_out") == INT64_MAX);
	json_decref(o);
	teardown(&f);
}
END_TEST

START_TEST(an_answer_may_come_later)
{
	struct fixture f;
	const char *http;
	int a, b;

	setup(&f);
	a = ask(&f, GET);
	serve(&f);
	ck_assert_ptr_nonnull(f.asked);
	b = ask(&f, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	ck_assert_int_eq(strncmp(answer(&f, b), "HTTP/1.1 404", 12), 0);
	admin_reply_status(f.asked, &snapshot);
	http = answer(&f, a);
	ck_assert_int_eq(strncmp(http, "HTTP/1.1 200", 12), 0);
	ck_assert_ptr_nonnull(strstr(http, "Content-Type: application/json"));
	ck_assert_uint_eq(f.questions, 1);
	teardown(&f);
}
END_TEST

START_TEST(a_client_that_left_before_the_answer_is_harmless)
{
	struct fixture f;
	int fd;

	setup(&f);
	fd = ask(&f, GET);
	serve(&f);
	ck_assert_ptr_nonnull(f.asked);
	close(fd);
	serve(&f);
	admin_reply_status(f.asked, &snapshot);
	serve(&f);
	teardown(&f);
}
END_TEST

static void
expect(const char *request, const char *status, bool asked)
{
	struct fixture f;
	const char *http;
	json_t *o;

	setup(&f);
	f.at_once = true;
	http = answer(&f, ask(&f, request));
	ck_assert_msg(strncmp(http, status, strlen(status)) == 0, "%.60s", http);
	o = body(http);
	ck_assert_str_ne(text(o, "error"), "");
	json_decref(o);
	ck_assert_uint_eq(f.questions, asked);
	teardown(&f);
}

START_TEST(wrong_requests_are_told_so_and_ask_nobody)
{
	expect("GET /v1/other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 404", false);
	expect("POST /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	    "Content-Length: 0\r\n\r\n", "HTTP/1.1 405", false);
	expect("DELETE /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 405", false);
	expect("GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	    "Content-Length: 3\r\n\r\nabc", "HTTP/1.1 413", false);
	expect("GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	    "HTTP/1.1 413", false);
}
END_TEST

START_TEST(health_and_readiness_are_status_codes)
{
	static struct admin_status draining;
	struct fixture f;
	int fd;

	setup(&f);
	fd = ask(&f, "GET /v1/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	serve(&f);
	draining = snapshot;
	draining.draining = true;
	admin_reply_status(f.asked, &draining);
	ck_assert_int_eq(strncmp(answer(&f, fd), "HTTP/1.1 503", 12), 0);
	fd = ask(&f, "GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	serve(&f);
	admin_reply_status(f.asked, &draining);
	ck_assert_int_eq(strncmp(answer(&f, fd), "HTTP/1.1 200", 12), 0);
	f.at_once = true;
	fd = ask(&f, "GET /v1/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	ck_assert_int_eq(strncmp(answer(&f, fd), "HTTP/1.1 200", 12), 0);
	teardown(&f);
}
END_TEST

static void
over_tcp(struct fixture *f, const char *page, const char *host, const char *status)
{
	char request[200];
	const char *http;

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n%s%s%s"
	    "Connection: close\r\n\r\n", page, host == NULL ? "" : "Host: ",
	    host == NULL ? "" : host, host == NULL ? "" : "\r\n");
	http = answer(f, ask(f, request));
	ck_assert_msg(strncmp(http + 9, status, strlen(status)) == 0, "%s %s: %.60s",
	    page, host == NULL ? "" : host, http);
}

START_TEST(over_tcp_there_is_no_status_and_no_other_name)
{
	static const char *const others[] = { "evil.example", "127.0.0.1.evil.example",
		"localhost.evil.example:80", "", "0x7f.1:80" };
	struct err e = { 0 };
	struct fixture f = { .at_once = true };

	ck_assert_msg(begin_tcp(&f, &e) == 0, "%s", e.text);
	over_tcp(&f, "/metrics", "127.0.0.1:9464", "200");
	over_tcp(&f, "/metrics", "localhost", "200");
	over_tcp(&f, "/v1/health", "[::1]:9464", "200");
	over_tcp(&f, "/v1/status", "localhost", "404");
	ck_assert_uint_eq(f.questions, 3);
	over_tcp(&f, "/metrics", NULL, "4");
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		over_tcp(&f, "/metrics", others[i], "421");
	ck_assert_uint_eq(f.questions, 3);
	admin_free(&f.admin);
}
END_TEST

START_TEST(stopping_answers_what_is_open)
{
	struct fixture f;
	const char *http;
	int fd;

	setup(&f);
	fd = ask(&f, GET);
	serve(&f);
	ck_assert_ptr_nonnull(f.asked);
	admin_free(&f.admin);
	http = answer(&f, fd);
	ck_assert_msg(strncmp(http, "HTTP/1.1 503", 12) == 0, "%.60s", http);
	teardown(&f);
}
END_TEST

START_TEST(stopping_asks_nobody_any_more)
{
	struct fixture f;
	const char *http;
	int fd;

	setup(&f);
	fd = dial(&f);
	serve(&f); /* it is in, and has said nothing yet */
	ck_assert_int_eq(write(fd, GET, strlen(GET)), (ssize_t)strlen(GET));
	admin_free(&f.admin);
	ck_assert_uint_eq(f.questions, 0);
	http = answer(&f, fd);
	ck_assert_msg(strncmp(http, "HTTP/1.1 503", 12) == 0, "%.60s", http);
	teardown(&f);
}
END_TEST

START_TEST(a_silent_client_does_not_keep_others_out)
{
	struct fixture f;
	int silent, fd;

	setup(&f);
	f.at_once = true;
	silent = ask(&f, "GET /v1/st");
	serve(&f);
	fd = ask(&f, GET);
	ck_assert_int_eq(strncmp(answer(&f, fd), "HTTP/1.1 200", 12), 0);
	/* It is not kept for ever: the server wants to be called again. */
	ck_assert_uint_ne(admin_timeout_ms(f.admin), UINT64_MAX);
	close(silent);
	serve(&f);
	teardown(&f);
}
END_TEST

START_TEST(requests_are_shown_and_decided)
{
#define TAIL " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	const char *const none[] = { "POST /v1/pending/0/approve",
		"POST /v1/pending/x/approve", "POST /v1/pending/7",
		"POST /v1/pending/4294967296/reject", "POST /v1/pending/7/approve/" };
	struct fixture f;
	char text[256];
	json_t *doc, *o;

	setup(&f);
	doc = body(answer(&f, ask(&f, "GET /v1/pending" TAIL "\r\n")));
	ck_assert_str_eq(json_string_value(json_object_get(doc, "pin")), "PIN");
	o = json_array_get(json_object_get(doc, "pending"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "id")), 7);
	ck_assert_str_eq(json_string_value(json_object_get(o, "csr")), "PEM\n");
	json_decref(doc);
	(void)answer(&f, ask(&f, "POST /v1/pending/7/approve" TAIL
	    "Content-Length: 11\r\n\r\ncertificate"));
	ck_assert_uint_eq(f.approved, 7);
	ck_assert_str_eq(f.certificate, "certificate");
	ck_assert_int_eq(strncmp(answer(&f, ask(&f,
	    "POST /v1/pending/4294967295/reject" TAIL "Content-Length: 0\r\n\r\n")),
	    "HTTP/1.1 409", 12), 0);
	ck_assert_uint_eq(f.rejected, UINT32_MAX);
	f.approved = f.rejected = 0;
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		snprintf(text, sizeof(text), "%s" TAIL "Content-Length: 0\r\n\r\n",
		    none[i]);
		ck_assert_msg(strncmp(answer(&f, ask(&f, text)), "HTTP/1.1 404", 12) ==
			0, "%s", none[i]);
	}
	ck_assert_int_eq(strncmp(answer(&f, ask(&f, "GET /v1/pending/7/reject" TAIL
	    "\r\n")), "HTTP/1.1 405", 12), 0);
	ck_assert_uint_eq(f.approved + f.rejected, 0);
	teardown(&f);
}
END_TEST

static void
expect_get(struct fixture *f, const char *page, const char *status)
{
	char request[200];
	const char *http;

	snprintf(request, sizeof(request), "GET %s" TAIL "\r\n", page);
	http = answer(f, ask(f, request));
	ck_assert_msg(strncmp(http + 9, status, 3) == 0, "%s: %.60s", page, http);
}

START_TEST(streams_are_asked_for_within_bounds)
{
	static const char *const wrong[] = { "limit=0", "limit=1001", "limit=x",
		"limit=", "limit=1x", "sort=size", "limit=-1" };
	struct fixture f;
	char page[64];
	json_t *o;

	setup(&f);
	o = body(answer(&f, ask(&f, "GET /v1/streams" TAIL "\r\n")));
	ck_assert_int_eq(number(o, "total"), 9);
	ck_assert_str_eq(text(o, "streams.0.id"), "1-77");
	ck_assert_str_eq(text(o, "streams.0.client"), "192.0.2.9:5");
	ck_assert_int_eq(number(o, "streams.0.bytes_out"), 4);
	json_decref(o);
	ck_assert_uint_eq(f.wish.limit, ADMIN_STREAMS_USUAL);
	ck_assert(!f.wish.largest);
	ck_assert_ptr_null(f.wish.tenant);
	expect_get(&f, "/v1/streams?limit=1000&sort=bytes", "200");
	ck_assert_uint_eq(f.wish.limit, 1000);
	ck_assert(f.wish.largest);
	f.wish.limit = 0;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		snprintf(page, sizeof(page), "/v1/streams?%s", wrong[i]);
		expect_get(&f, page, "400");
	}
	ck_assert_uint_eq(f.wish.limit, 0);
	teardown(&f);
}
END_TEST

static void
expect_post(struct fixture *f, const char *page, const char *json, const char *status)
{
	char request[400];
	const char *http;

	snprintf(request, sizeof(request), "POST %s" TAIL "Content-Type: "
	    "application/json\r\nContent-Length: %zu\r\n\r\n%s", page,
	    strlen(json), json);
	http = answer(f, ask(f, request));
	ck_assert_msg(strncmp(http + 9, status, 3) == 0, "%s %s: %.60s", page, json,
	    http);
}

START_TEST(what_cuts_off_is_read_strictly)
{
	static const char *const wrong[] = { "", "{}", "[]", "{\"tenant\":1}",
		"{\"tenant\":\"a\",\"x\":1}", "{\"tenant\":\"a\"} x",
		"{\"tenant\":\"a\",\"tenant\":\"b\"}", "{\"agent\":\"a\"}",
		"{\"tenant\":\"a\",\"agent\":null}" };
	static const char *const none[] = { "", "1", "1-", "-1", "1-0", "x-1", "1-1x",
		"65536-1", "1-99999999999999999999" };
	struct fixture f;
	char json[80];

	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		expect_post(&f, "/v1/kick", wrong[i], "400");
	ck_assert_str_eq(f.kicked, "");
	expect_post(&f, "/v1/kick", "{\"tenant\":\"a\"}", "404");
	ck_assert_str_eq(f.kicked, "a *");
	expect_post(&f, "/v1/kick", "{\"agent\":\"b\",\"tenant\":\"a\"}", "404");
	ck_assert_str_eq(f.kicked, "a b");
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		snprintf(json, sizeof(json), "{\"id\":\"%s\"}", none[i]);
		expect_post(&f, "/v1/streams/close", json, "400");
	}
	ck_assert_uint_eq(f.closed.number, 0);
	expect_post(&f, "/v1/streams/close", "{\"id\":\"3-18446744073709551615\"}",
	    "200");
	ck_assert_uint_eq(f.closed.worker, 3);
	ck_assert(f.closed.number == UINT64_MAX);
	ck_assert_int_eq(strncmp(answer(&f, ask(&f, "POST /v1/kick" TAIL
	    "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")),
	    "HTTP/1.1 415", 12), 0);
	teardown(&f);
}
END_TEST

START_TEST(a_plan_is_asked_for_in_strict_json)
{
	const char *const wrong[] = { "[]", "{", "{\"fiel\":\"/x\"}", "{\"file\":7}",
		"{\"file\":\"x\"}", "{\"digest\":\"12345678901234567\"}" };
	struct fixture f;
	json_t *doc, *c;

	setup(&f);
	doc = body(answer(&f, ask(&f, "POST /v1/plan" TAIL "Content-Type: "
	    "application/json\r\nContent-Length: 13\r\n\r\n{\"file\":\"/x\"}")));
	ck_assert_str_eq(f.plan.file, "/x");
	ck_assert_str_eq(json_string_value(json_object_get(doc, "digest")), "0d");
	c = json_array_get(json_object_get(doc, "changes"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(c, "tenant")), "acme");
	ck_assert_int_eq(json_integer_value(json_object_get(c, "connections")), 14);
	ck_assert_ptr_null(json_object_get(c, "key"));
	c = json_array_get(json_object_get(doc, "changes"), 1);
	ck_assert(json_is_true(json_object_get(c, "restart")));
	json_decref(doc);
	expect_post(&f, "/v1/reload", "{\"digest\":\"1234567890123456\"}", "409");
	ck_assert_str_eq(f.plan.digest, "1234567890123456");
	f.plans = f.reloads = 0;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		expect_post(&f, "/v1/reload", wrong[i], "400");
	ck_assert_int_eq(strncmp(answer(&f, ask(&f, "POST /v1/plan" TAIL
	    "Content-Length: 2\r\n\r\n{}")), "HTTP/1.1 415", 12), 0);
	ck_assert_uint_eq(f.plans + f.reloads, 0);
	teardown(&f);
}
END_TEST

START_TEST(a_key_is_expected_in_strict_json)
{
	const char *const wrong[] = { "", "{}", "[]", "{\"certificate\":\"c\"}",
		"{\"for_s\":5}", "{\"certificate\":\"c\",\"for_s\":0}",
		"{\"certificate\":\"c\",\"for_s\":31622401}",
		"{\"certificate\":\"c\",\"for_s\":5,\"as\":1}",
		"{\"certificate\":\"c\",\"for_s\":5,\"for_s\":6}",
		"{\"certificate\":5,\"for_s\":5}", "{\"certificate\":\"c\",\"for_s\":\"5\"}" };
	struct fixture f;
	json_t *doc, *o;

	setup(&f);
	doc = body(answer(&f, ask(&f, "GET /v1/pending" TAIL "\r\n")));
	o = json_array_get(json_object_get(doc, "expected"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "id")), 8);
	ck_assert_str_eq(json_string_value(json_object_get(o, "name")), "home/tv");
	ck_assert_int_eq(json_integer_value(json_object_get(o, "left_s")), 60);
	json_decref(doc);
	expect_post(&f, "/v1/expected", "{\"certificate\":\"c\",\"for_s\":31622400}",
	    "200");
	ck_assert_str_eq(f.certificate, "c 31622400");
	f.certificate[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		expect_post(&f, "/v1/expected", wrong[i], "400");
	ck_assert_int_eq(strncmp(answer(&f, ask(&f, "POST /v1/expected" TAIL
	    "Content-Length: 2\r\n\r\n{}")), "HTTP/1.1 415", 12), 0);
	ck_assert_str_eq(f.certificate, "");
	teardown(&f);
}
END_TEST

START_TEST(a_voucher_is_asked_for_in_strict_json)
{
	const char *const wrong[] = { "", "{}", "[]", "{\"as\":\"home\"}", "{\"for_s\":5}",
		"{\"as\":\"home\",\"for_s\":0}", "{\"as\":\"home\",\"for_s\":604801}",
		"{\"as\":\"home\",\"for_s\":5,\"key\":1}", "{\"as\":5,\"for_s\":5}" };
	struct fixture f;
	json_t *doc;

	setup(&f);
	expect_post(&f, "/v1/vouchers", "{\"as\":\"home/tv\",\"for_s\":604800}", "200");
	ck_assert_str_eq(f.certificate, "home/tv 604800");
	doc = body(answer(&f, ask(&f, "POST /v1/vouchers" TAIL
	    "Content-Type: application/json\r\nContent-Length: 23\r\n\r\n"
	    "{\"as\":\"home\",\"for_s\":5}")));
	ck_assert_str_eq(json_string_value(json_object_get(doc, "listen")), "*:8444");
	ck_assert_str_eq(json_string_value(json_object_get(doc, "pin")), "PIN");
	ck_assert(json_is_true(json_object_get(doc, "tenant_known")));
	json_decref(doc);
	f.certificate[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		expect_post(&f, "/v1/vouchers", wrong[i], "400");
	ck_assert_str_eq(f.certificate, "");
	teardown(&f);
}
END_TEST

CHECK_MAIN("admin/server", a_voucher_is_asked_for_in_strict_json,
    a_key_is_expected_in_strict_json, streams_are_asked_for_within_bounds,
    what_cuts_off_is_read_strictly, a_plan_is_asked_for_in_strict_json,
    requests_are_shown_and_decided, status_is_complete_json,
    what_a_peer_says_is_escaped_and_numbers_stay_in_range,
    an_answer_may_come_later, a_client_that_left_before_the_answer_is_harmless,
    wrong_requests_are_told_so_and_ask_nobody,
    health_and_readiness_are_status_codes,
    over_tcp_there_is_no_status_and_no_other_name, stopping_answers_what_is_open,
    stopping_asks_nobody_any_more,
    a_silent_client_does_not_keep_others_out)
