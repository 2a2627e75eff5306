/* cmd_doctor.c — atlax doctor: tries what the agent or the relay of this machine
 * would do, step by step, and says what to do about the step that fails.
 *
 * Thread: the only one. Invariant: it changes nothing, and opens no tunnel: the
 * agent that runs keeps its own.                                             */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "base/str_heap.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/descriptors.h"
#include "cmd/doc.h"
#include "cmd/human.h"
#include "cmd/options.h"
#include "cmd/probe.h"
#include "conf/conf.h"
#include "io/sock.h"
#include "tls/tls.h"

#define AGENT_YAML SYSCONFDIR "/atlax/agent.yaml"
#define RELAY_YAML SYSCONFDIR "/atlax/relay.yaml"
#define DAY_S 86400
#define SOON_S (3 * DAY_S)

struct doctor {
	unsigned ill; /* steps that failed */
	bool json;    /* one document at the end */
	bool watched; /* a terminal: it shows what is being waited for */
	struct str_heap text;
	struct json_out j;
};

/* --- what is said ----------------------------------------------------------- */

static void
note(struct doctor *d, const char *what, bool ok, const char *says, const char *cure)
{
	json_open_object(&d->j, NULL);
	json_text(&d->j, "step", slice_str(what), SIZE_MAX);
	json_bool(&d->j, "ok", ok);
	json_text(&d->j, "says", slice_str(says), SIZE_MAX);
	if (cure != NULL)
		json_text(&d->j, "cure", slice_str(cure), SIZE_MAX);
	json_end(&d->j);
}

/* The next step may take seconds. */
static void
trying(const struct doctor *d, const char *what)
{
	if (d->watched) {
		printf("...   %s\r", what);
		(void)fflush(stdout);
	}
}

/* What was tried goes from the line. */
static void
tried(const struct doctor *d)
{
	if (d->watched)
		fputs("\033[K", stdout);
}

static void
well(struct doctor *d, const char *what, const char *how)
{
	tried(d);
	if (d->json)
		note(d, what, true, how, NULL);
	else
		printf("ok    %s: %s\n", what, how);
}

/* cure: a sentence; NULL: why says it all. */
static void
ill(struct doctor *d, const char *what, const char *why, const char *cure)
{
	d->ill++;
	tried(d);
	if (d->json) {
		note(d, what, false, why, cure);
		return;
	}
	printf("FAIL  %s: %s\n", what, why);
	if (cure != NULL)
		printf("      %s\n", cure);
}

/* --- descriptors --------------------------------------------------------------- */

/* If we may see them. */
static void
check_descriptors(struct doctor *d, pid_t pid)
{
	struct descriptors n;
	char text[64];

	if (!descriptors_of(pid, &n))
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64 " of %" PRIu64 " are open", n.open,
	    n.most);
	if (n.open < n.most - n.most / 5)
		well(d, "descriptors", text);
	else
		ill(d, "descriptors", text, "Let it have more: LimitNOFILE= in its unit, "
		    "or ulimit -n where it is started; then start it again.");
}

/* --- files -------------------------------------------------------------------- */

static void
check_end(struct doctor *d, const char *what, int64_t until, const char *cure)
{
	int64_t left = until - (int64_t)time(NULL);
	char text[64];
	struct str s;

	str_init(&s, text, sizeof(text));
	human_seconds(&s, left < 0 ? 0 : (uint64_t)left);
	str_add(&s, " left");
	if (left < SOON_S)
		ill(d, what, text, cure);
	else
		well(d, what, text);
}

static struct tls_ctx *
check_tls(struct doctor *d, enum tls_role role, const struct tls_files *files)
{
	struct tls_ctx *ctx = NULL;
	struct err e = { 0 };
	uint64_t number;
	int64_t from, until;

	if (tls_ctx_new(role, files, &ctx, &e) < 0) {
		ill(d, "certificate and key", e.text, NULL);
		return NULL;
	}
	tls_ctx_validity(ctx, &from, &until);
	check_end(d, "certificate", until,
	    role == TLS_RELAY ? "Make a new one with \"atlax pki renew-relay\"." :
	    "Have a new one made with \"atlax pki issue\", where the CA is.");
	if (tls_ctx_crl(ctx, &number, &until))
		check_end(d, "revocation list", until,
		    "Make a new one with \"atlax pki crl\", and copy it here.");
	return ctx;
}

/* --- the agent's side ----------------------------------------------------------- */

/* What of a relay's addresses is reachable, and whether it is ours. */
static bool
check_address(struct doctor *d, struct tls_ctx *ctx, const char *host,
    const struct addr *a)
{
	char at[ADDR_TEXT_MAX], what[ADDR_TEXT_MAX + 16], took[32];
	uint64_t from = clock_mono_ns(), us;
	struct err e = { 0 };
	struct str s;
	int fd = -1;
	bool good;

	addr_format(a, at);
	snprintf(what, sizeof(what), "relay at %s", at);
	trying(d, what);
	if (probe_connect(a, &fd, &e) < 0) {
		ill(d, what, e.text, "Is it running, is its port open in every "
		    "firewall on the way, may this machine connect outwards?");
		return false;
	}
	us = (clock_mono_ns() - from) / AX_NS_PER_US;
	good = ctx == NULL || probe_tls(ctx, host, fd, &e) == 0;
	sock_close(&fd);
	if (!good) {
		ill(d, what, e.text, "The relay's log says the same from its side. "
		    "If it has no line of this, something else answers there.");
		return false;
	}
	str_init(&s, took, sizeof(took));
	human_us(&s, us);
	well(d, what, took);
	return true;
}

static void
check_relay(struct doctor *d, struct tls_ctx *ctx, const char *endpoint)
{
	struct addr addrs[PROBE_ADDRS_MAX];
	struct err e = { 0 };
	char host[256];
	uint16_t port;
	size_t n = 0;

	trying(d, endpoint);
	if (addr_split(endpoint, host, &port, &e) < 0 ||
	    probe_lookup(host, port, addrs, &n, &e) < 0) {
		ill(d, endpoint, e.text, "Look at agent.relays and at the resolver "
		    "of this machine.");
		return;
	}
	for (size_t i = 0; i < n; i++)
		(void)check_address(d, ctx, host, &addrs[i]);
}

static void
check_service(struct doctor *d, const struct conf_target *t)
{
	struct err e = { 0 };
	struct addr a;
	char what[160];
	int fd = -1, r;

	snprintf(what, sizeof(what), "service %.60s", t->name);
	trying(d, what);
	r = addr_parse(t->target, &a, &e);
	if (r == 0)
		r = probe_connect(&a, &fd, &e);
	sock_close(&fd);
	if (r < 0)
		ill(d, what, e.text, "Start it, or correct its target.");
	else
		well(d, what, t->target);
}

static void
examine_agent(struct doctor *d, const char *file)
{
	struct conf_agent *c = NULL;
	struct tls_ctx *ctx;
	struct err e = { 0 };

	if (conf_agent_load(file, &c, &e) < 0) {
		ill(d, "configuration", e.text, NULL);
		return;
	}
	well(d, "configuration", file);
	ctx = check_tls(d, TLS_AGENT, &(struct tls_files){
	    .certificate = c->certificate, .key = c->key, .ca = c->relay_ca });
	for (size_t i = 0; i < c->n_relays; i++)
		check_relay(d, ctx, c->relays[i]);
	for (size_t i = 0; i < c->n_services; i++)
		check_service(d, &c->services[i]);
	check_descriptors(d, descriptors_owner(c->socket));
	tls_ctx_free(&ctx);
	conf_agent_free(&c);
}

/* --- the relay's side ------------------------------------------------------------ */

/* Listens somebody there? On every address means on this machine's own, too. */
static void
check_port(struct doctor *d, const char *what, const char *listen)
{
	struct err e = { 0 };
	struct addr a;
	int fd = -1, r = addr_parse(listen, &a, &e);

	trying(d, what);
	if (r == 0)
		r = probe_connect(&a, &fd, &e);
	sock_close(&fd);
	if (r < 0)
		ill(d, what, e.text, "Does the relay run? \"systemctl status "
		    "atlax-relay\" and its log say why not.");
	else
		well(d, what, listen);
}

/* Asks it. With no answer the owner of the socket has to do, which is older than
 * the process after an upgrade. */
static pid_t
check_admin(struct doctor *d, const char *socket)
{
	const struct ask ask = { .program = "atlax doctor", .socket = socket,
		.page = "/v1/status", .quiet = true, .seconds = 5 };
	static const char what[] = "admin socket";
	char listen[200];
	struct ask_answer a;
	pid_t pid;

	trying(d, what);
	if (ask_relay(&ask, &a) == AX_EXIT_OK) {
		well(d, what, socket);
		pid = (pid_t)doc_number(a.doc, "pid");
		ask_answer_fini(&a);
		return pid;
	}
	pid = descriptors_owner(socket);
	if (pid > 0) {
		ill(d, what, "gives us no answer", "Its log says why; a relay without "
		    "descriptors left is one cause.");
		return pid;
	}
	(void)snprintf(listen, sizeof(listen), "unix:%.150s", socket);
	check_port(d, what, listen);
	return 0;
}

static void
examine_relay(struct doctor *d, const char *file)
{
	struct conf_relay *c = NULL;
	struct tls_ctx *ctx;
	struct err e = { 0 };
	char what[200];

	if (conf_relay_load(file, &c, &e) < 0) {
		ill(d, "configuration", e.text, NULL);
		return;
	}
	well(d, "configuration", file);
	ctx = check_tls(d, TLS_RELAY, &(struct tls_files){ .certificate = c->certificate,
	    .key = c->key, .ca = c->agent_ca, .crl = c->crl });
	check_port(d, "port for agents", c->listen);
	for (size_t i = 0; i < c->n_tenants; i++) {
		const struct conf_tenant *t = &c->tenants[i];

		for (size_t k = 0; k < t->n_services; k++) {
			snprintf(what, sizeof(what), "port of %.60s/%.60s", t->name,
			    t->services[k].name);
			check_port(d, what, t->services[k].listen);
		}
	}
	check_descriptors(d, check_admin(d, c->admin_socket));
	tls_ctx_free(&ctx);
	conf_relay_free(&c);
}

/* --- all of it -------------------------------------------------------------------- */

/* Returns false when out of memory. */
static bool
print_result(struct doctor *d)
{
	char *doc;

	json_end(&d->j);
	json_bool(&d->j, "ok", d->ill == 0);
	json_end(&d->j);
	doc = str_heap_take(&d->text);
	if (doc == NULL)
		fputs("atlax doctor: out of memory\n", stderr);
	else if (d->json)
		puts(doc);
	else if (d->ill == 0)
		puts("Nothing is wrong that can be seen from here.");
	free(doc);
	return doc != NULL;
}

static int
examine(const char *agent, const char *relay, bool json)
{
	struct doctor d = { .json = json, .watched = !json && isatty(STDOUT_FILENO) };
	struct err e = { 0 };

	if (tls_boot(&e) < 0) {
		fprintf(stderr, "atlax doctor: %s\n", e.text);
		return AX_EXIT_FAILED;
	}
	str_heap_init(&d.text);
	json_begin(&d.j, &d.text.s);
	json_open_array(&d.j, "steps");
	if (agent != NULL)
		examine_agent(&d, agent);
	if (relay != NULL)
		examine_relay(&d, relay);
	tls_thread_fini();
	tls_shutdown();
	if (!print_result(&d))
		return AX_EXIT_FAILED;
	return d.ill == 0 ? AX_EXIT_OK : AX_EXIT_FAILED;
}

int
cmd_doctor(int argc, char **argv)
{
	const char *agent = NULL, *relay = NULL;
	bool json = false;
	const struct option_def defs[] = {
		{ 'a', "agent", "FILE", "the agent's configuration (" AGENT_YAML ")",
		  NULL, &agent },
		{ 'r', "relay", "FILE", "the relay's configuration (" RELAY_YAML ")",
		  NULL, &relay },
		{ 'j', "json", NULL, "print the steps as one JSON document", &json, NULL },
	};
	const struct options o = { .program = "atlax doctor", .manual = "atlax(1)",
		.summary = "Finds out why a tunnel does not come up.",
		.defs = defs, .n = ARRAY_LEN(defs) };
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	if (agent == NULL && relay == NULL) {
		agent = access(AGENT_YAML, F_OK) == 0 ? AGENT_YAML : NULL;
		relay = access(RELAY_YAML, F_OK) == 0 ? RELAY_YAML : NULL;
	}
	if (agent == NULL && relay == NULL)
		return options_wrong(&o, "there is neither %s nor %s; name one with "
		    "--agent or --relay", AGENT_YAML, RELAY_YAML);
	return examine(agent, relay, json);
}
