/* cmd_relay_up.c — atlax relay up: from nothing to a relay that can be started.
 *
 * Thread: the only one.
 * Invariant: what exists is left as it is; relay.yaml is written last, so that
 * where it is, all is. The CA's keys are in a directory of their own, which the
 * relay cannot read and does not need.                                       */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/place.h"
#include "enrol/pin.h"
#include "parse/cert_walk.h"
#include "pki/ca.h"
#include "pki/pem.h"

#define AGENTS_PORT 8443
#define CONFIG "relay.yaml"
#define UP "atlax relay up"

struct up {
	const char *dir, *tenant;
	struct place_services services;
	bool json;
	char host[256];
	uint16_t port;
	struct store place;
	char ca[4096];
	struct tls_pin pin;
};

static uint16_t
join_port(const struct up *u)
{
	return u->port == 0 ? 0 : (uint16_t)(u->port + 1);
}

static int
make_ca(struct up *u, struct err *e)
{
	struct relay_names names = { 0 };
	int r;

	if (store_has(&u->place, "ca"))
		return 0;
	r = relay_names_add(&names, u->host, e);
	return r < 0 ? r : ca_init(&(struct ca_init_args){ .path = u->ca,
		.relay = &names, .key = IDENTITY_ED25519,
		.now_s = clock_wall_s(),
		.relay_days = CA_LEAF_DAYS, .crl_days = CA_CRL_DAYS }, e);
}

static int
copy(const struct up *u, const struct store *ca, const char *name, mode_t mode,
    struct err *e)
{
	struct buf b;
	int r;

	buf_init(&b);
	r = store_read(ca, name, mode, &b, e);
	if (r == 0)
		r = store_replace(&u->place, name, mode, buf_slice(&b), e);
	if (r == 0)
		place_give(&u->place, name);
	key_wipe(&b);
	return r;
}

static int
read_pin(struct up *u, struct err *e)
{
	uint8_t der[CERT_MAX];
	struct buf pem;
	size_t n;
	int r;

	buf_init(&pem);
	r = store_read(&u->place, "relay-ca.crt", STORE_PUBLIC, &pem, e);
	if (r == 0)
		r = pem_read(buf_slice(&pem), PEM_CERTIFICATE, der, sizeof(der), &n, e);
	if (r == 0)
		r = tls_pin_of(slice_of(der, n), &u->pin, e);
	buf_fini(&pem);
	return r;
}

/* What the relay needs of the CA's directory. */
static int
copy_all(struct up *u, struct err *e)
{
	static const char *const names[] = { "relay.crt", "relay-ca.crt",
		"agent-ca.crt", "agent.crl" };
	struct store ca;
	int r = store_open(u->ca, &ca, e);

	if (r < 0)
		return r;
	r = copy(u, &ca, "relay.key", STORE_SECRET, e);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++)
		r = copy(u, &ca, names[i], STORE_PUBLIC, e);
	store_close(&ca);
	return r;
}

static int
write_config(struct up *u, struct err *e)
{
	return place_config(&u->place, CONFIG, &u->services, e,
	    "# Made by atlax relay up; atlax-relay.yaml(5) explains every key.\n"
	    "relay:   {listen: \"*:%u\"}\n"
	    "enrol:   {listen: \"*:%u\"}\n"
	    "tls:\n"
	    "  {certificate: relay.crt, key: relay.key, agent_ca: agent-ca.crt, "
	    "crl: agent.crl%s}\n"
	    "tenants:\n"
	    "  - name: \"%s\"\n"
	    "    services:\n", (unsigned)u->port, (unsigned)join_port(u),
	    place_is_usual(u->dir) ? ",\n   signer: " PLACE_SIGNER : "", u->tenant);
}

static int
say(const struct up *u)
{
	bool v6 = strchr(u->host, ':') != NULL;
	char pin[PIN_TEXT], line[sizeof(u->host) + PIN_TEXT + 16];

	pin_text(&u->pin, pin);
	(void)snprintf(line, sizeof(line), "%s%s%s:%u#%s", v6 ? "[" : "", u->host,
	    v6 ? "]" : "", (unsigned)join_port(u), pin);
	if (u->json)
		return ask_print_own(UP, json_pack("{s:s s:s s:s s:s+ s:s}", "relay",
		    u->host, "join", line, "tenant", u->tenant, "config", u->dir,
		    "/" CONFIG, "ca", u->ca), AX_EXIT_OK);
	printf("%s: a CA (in ca, its keys stay there), a certificate for %s, "
	       CONFIG ".\n"
	       "Start it:         systemctl enable --now atlax-relay%s\n"
	       "                  or: atlax relay -c %s/" CONFIG "\n"
	       "Join a machine:   atlax join %s\n"
	       "                  (this line is public, it holds no secret)\n"
	       "Then here:        atlax pending\n"
	       "                  atlax approve ID --as %s/NAME --ca %s\n",
	    u->dir, u->host, place_is_usual(u->dir) ? " atlax-signer" : "",
	    u->dir, line, u->tenant, u->ca);
	return ask_written(UP, AX_EXIT_OK);
}

static int
up(struct up *u, struct err *e)
{
	int r = place_open(u->dir, &u->place, e);

	if (r < 0)
		return r;
	(void)snprintf(u->ca, sizeof(u->ca), "%s/ca", u->dir);
	if (store_has(&u->place, CONFIG))
		r = err_set(e, AX_E_EXIST, "%s/" CONFIG " exists already and is left "
		    "as it is", u->dir);
	if (r == 0)
		r = make_ca(u, e);
	if (r == 0)
		r = copy_all(u, e);
	if (r == 0)
		r = read_pin(u, e);
	if (r == 0)
		r = write_config(u, e);
	store_close(&u->place);
	return r;
}

int
cmd_relay_up(int argc, char **argv)
{
	struct up u = { .dir = PLACE_DIR, .tenant = "home",
		.services = { "web=*:18080", "listen", "      " },
		.place.fd = -1 };
	const struct option_def defs[] = {
		{ 0, "dir", "DIR", "where to (" PLACE_DIR ")", NULL, &u.dir },
		{ 0, "tenant", "NAME", "who may connect agents (home)", NULL,
		    &u.tenant },
		{ 0, "services", "NAME=ADDRESS,...", "his public ports (web=*:18080)",
		    NULL, &u.services.list },
		{ 'j', "json", NULL, "as JSON", &u.json, NULL },
	};
	const struct options o = { .program = UP,
		.summary = "Sets up a relay on this machine, which the world knows as "
			   "NAME.",
		.operands = "NAME[:PORT]", .manual = "atlax(1)", .defs = defs,
		.n = ARRAY_LEN(defs) };
	struct err e;
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	if (argc - at != 1)
		return options_wrong(&o, "it takes the name of this machine");
	if (!identity_is_label(slice_str(u.tenant)))
		return options_wrong(&o, "not a tenant's name: %.60s", u.tenant);
	r = place_address(argv[at], AGENTS_PORT, u.host, &u.port, &e);
	if (r == 0)
		r = up(&u, &e);
	return r < 0 ? options_failed(&o, &e) : say(&u);
}
