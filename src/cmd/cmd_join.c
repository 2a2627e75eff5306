/* cmd_join.c — atlax join: a key that is made here and never leaves, and everything
 * that the relay gives for it.
 *
 * Thread: the only one.
 * Invariant: each file is whole or not there. The key comes first and is kept by
 * whoever tries again, so that the relay knows him; the certificate is last, so
 * that where it is, all is.                                                  */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/enrol_client.h"
#include "cmd/place.h"
#include "cmd/program.h"
#include "enrol/key_text.h"
#include "enrol/pin.h"
#include "enrol/voucher.h"
#include "pki/pem.h"

#define JOIN "atlax join"
#define KEY_FILE "agent.key"
#define CERT_FILE "agent.crt"
#define CA_FILE "relay-ca.crt"
#define CONFIG "agent.yaml"
#define WAIT_S 1800
#define VOUCHER_FILE_MAX 128
#define JOIN_PORT 8444 /* as agent.enrol_port is without being given */

struct join {
	const char *dir, *name, *wait, *voucher_file;
	struct place_services services;
	bool run, show_key, json;
	char host[256];
	uint16_t port;
	uint64_t patience_ms;
	struct tls_pin pin;
	struct store place;
	struct store own; /* key and certificate: which the agent replaces */
	struct key key;
	struct key voucher;
	struct identity is; /* when it is approved */
};

/* --- what it says --------------------------------------------------------------- */

static void
on_waiting(const char *words, uint32_t wait_s)
{
	printf("waiting for approval, at most %u min; compare these words with "
	       "atlax pending on the relay:\n    %s\n",
	    (unsigned)(wait_s + 59) / 60, words);
	(void)fflush(stdout);
}

static void
on_waiting_json(const char *words, uint32_t wait_s)
{
	(void)ask_print_own(JOIN, json_pack("{s:s s:s s:I}", "state", "waiting", "words",
	    words, "wait_s", (json_int_t)wait_s), AX_EXIT_OK);
}

static void
on_signer(const char *words AX_UNUSED, uint32_t wait_s AX_UNUSED)
{
	printf("waiting for the relay's signer\n");
	(void)fflush(stdout);
}

static void
on_again(const char *why)
{
	fprintf(stderr, JOIN ": %s; asking again\n", why);
}

/* --- the voucher ----------------------------------------------------------------- */

/* "-": standard input. A file that others may read is no place for a secret. */
static int
read_text(const char *path, struct buf *out, struct err *e)
{
	uint8_t *p = buf_reserve(out, VOUCHER_FILE_MAX);
	struct store_parent at;
	size_t n;
	int r;

	if (p == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	if (strcmp(path, "-") == 0) {
		if (isatty(STDIN_FILENO))
			fprintf(stderr, "voucher: ");
		n = fgets((char *)p, VOUCHER_FILE_MAX, stdin) == NULL ? 0 :
		    strlen((char *)p);
		buf_commit(out, n);
		return 0;
	}
	r = store_open_parent(path, &at, e);
	if (r < 0)
		return r;
	r = store_read(&at.store, at.name, STORE_SECRET, out, e);
	store_close(&at.store);
	return r;
}

/* One line, and nothing else. */
static int
read_voucher(struct join *j, struct err *e)
{
	char line[VOUCHER_FILE_MAX] = "";
	struct buf text;
	size_t n;
	int r;

	buf_init(&text);
	r = read_text(j->voucher_file, &text, e);
	n = buf_len(&text);
	if (r == 0 && n > 0 && n < sizeof(line)) {
		memcpy(line, buf_slice(&text).p, n);
		while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL)
			line[--n] = '\0';
	}
	if (r == 0)
		r = voucher_parse(line, &j->voucher, e);
	explicit_bzero(line, sizeof(line));
	key_wipe(&text);
	return r;
}

/* --- files ---------------------------------------------------------------------- */

static int
make_key(struct join *j, struct err *e)
{
	struct buf pem;
	int r = key_generate(IDENTITY_ED25519, &j->key, e);

	if (r < 0)
		return r;
	buf_init(&pem);
	if (key_write_pem(&j->key, &pem) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else
		r = store_create(
		    &j->own, KEY_FILE, STORE_SECRET, buf_slice(&pem), e);
	key_wipe(&pem);
	if (r == 0)
		place_give(&j->own, KEY_FILE);
	return r;
}

/* Who was interrupted goes on with his key. */
static int
find_key(struct join *j, struct err *e)
{
	struct buf pem;
	int r;

	if (!store_has(&j->own, KEY_FILE))
		return make_key(j, e);
	buf_init(&pem);
	r = store_read(&j->own, KEY_FILE, STORE_SECRET, &pem, e);
	if (r == 0 && (r = key_read_pem(buf_slice(&pem), &j->key, e)) < 0)
		r = err_prefix(e, r, "%s/" KEY_FILE, j->own.path);
	key_wipe(&pem);
	return r;
}

static int
put_pem(const struct store *to, const char *name, struct slice der, struct err *e)
{
	struct buf pem;
	int r;

	buf_init(&pem);
	r = pem_write(&pem, PEM_CERTIFICATE, der);
	if (r < 0)
		(void)err_set(e, r, "out of memory");
	else
		r = store_replace(to, name, STORE_PUBLIC, buf_slice(&pem), e);
	buf_fini(&pem);
	return r;
}

/* One that is there is its owner's. */
static int
put_config(struct join *j, uint16_t port, struct err *e)
{
	bool v6 = strchr(j->host, ':') != NULL;
	const char *own = place_is_usual(j->dir) ? PLACE_AGENT "/" : "";
	char door[32] = "";

	if (j->port != JOIN_PORT)
		(void)snprintf(door, sizeof(door), ", enrol_port: %u",
		    (unsigned)j->port);
	if (store_has(&j->place, CONFIG))
		return 0;
	return place_config(&j->place, CONFIG, &j->services, e,
	    "# Made by atlax join; atlax-agent.yaml(5) explains every key.\n"
	    "agent:   {relays: [\"%s%s%s:%u\"]%s}\n"
	    "tls:     {certificate: %s" CERT_FILE ", key: %s" KEY_FILE
	    ", relay_ca: %s" CA_FILE "}\n"
	    "# What this machine offers, for example\n"
	    "#  - {name: web, target: \"127.0.0.1:3000\"}\n"
	    "services:%s\n", v6 ? "[" : "", j->host, v6 ? "]" : "",
	    (unsigned)port, door, own, own, own, j->services.list[0] == '\0' ? " []" : "");
}

/* --- all of it ------------------------------------------------------------------ */

static int
enrol(struct join *j, struct err *e)
{
	const struct client_args args = { .host = j->host, .port = j->port,
		.pin = &j->pin, .key = &j->key, .name = j->name,
		.voucher = j->voucher_file == NULL ? NULL : &j->voucher,
		.patience_ms = j->patience_ms,
		.waiting = j->json ? on_waiting_json :
		    j->voucher_file == NULL ? on_waiting : on_signer,
		.again = on_again };
	struct client_result got;
	int r = client_enrol(&args, &got, e);

	if (r < 0)
		return r;
	r = put_pem(&j->own, CA_FILE, buf_slice(&got.relay_ca), e);
	if (r == 0)
		place_give(&j->own, CA_FILE);
	if (r == 0)
		r = put_config(j, got.port, e);
	if (r == 0)
		r = put_pem(&j->own, CERT_FILE, buf_slice(&got.certificate), e);
	if (r == 0)
		place_give(&j->own, CERT_FILE);
	if (r == 0)
		r = identity_agent(buf_slice(&got.certificate), &j->is, e);
	if (r == 0 && !j->json)
		printf("approved: this machine is %s%s%s\n", j->is.tenant,
		    j->is.agent[0] == '\0' ? "" : "/", j->is.agent);
	buf_fini(&got.certificate);
	buf_fini(&got.relay_ca);
	return r;
}

/* Where the unit looks for its configuration it may not write. */
static int
open_own(struct join *j, struct err *e)
{
	int r;

	if (!place_is_usual(j->dir))
		return store_open(j->dir, &j->own, e);
	r = place_open(PLACE_AGENT, &j->own, e);
	if (r == 0)
		place_give(&j->own, ".");
	return r;
}

/* For atlax approve --key. */
static int
show(const struct join *j, struct err *e)
{
	char text[KEY_TEXT_MAX], words[WORDS_TEXT];
	uint8_t spki[SPKI_HASH_LEN];
	int r = key_text(&j->key.public, text, e);

	if (r < 0)
		return r;
	spki_hash(&j->key.public, spki);
	words_of_key(spki, words);
	if (j->json)
		(void)ask_print_own(JOIN, json_pack("{s:s s:s}", "key", text, "words",
		    words), AX_EXIT_OK);
	else
		printf("%s\n    %s\n", text, words);
	return 0;
}

static int
join(struct join *j, struct err *e)
{
	int r = place_open(j->dir, &j->place, e);

	if (r == 0)
		r = open_own(j, e);
	if (r < 0) {
		store_close(&j->place);
		return r;
	}
	if (store_has(&j->own, CERT_FILE) && !j->show_key)
		r = err_set(e, AX_E_EXIST, "%s/" CERT_FILE " exists already and is "
		    "left as it is: choose another --dir", j->own.path);
	if (r == 0 && j->voucher_file != NULL)
		r = read_voucher(j, e);
	if (r == 0)
		r = find_key(j, e);
	if (r == 0)
		r = tls_boot(e);
	if (r == 0) {
		r = j->show_key ? show(j, e) : enrol(j, e);
		tls_shutdown();
	}
	key_forget(&j->key);
	key_forget(&j->voucher);
	store_close(&j->own);
	store_close(&j->place);
	return r;
}

static int
done(const struct join *j)
{
	char config[4096], flag[] = "-c", name[] = "";
	char *argv[] = { name, flag, config, NULL };
	int status = AX_EXIT_OK;

	(void)snprintf(config, sizeof(config), "%s/" CONFIG, j->dir);
	if (j->json)
		status = ask_print_own(JOIN, json_pack("{s:s s:s s:s s:s}", "state",
		    "approved", "tenant", j->is.tenant, "agent", j->is.agent, "config",
		    config), AX_EXIT_OK);
	if (j->run) {
		(void)fflush(stdout);
		return program_execute("atlax-agent", argv);
	}
	if (j->json)
		return status;
	if (j->services.list[0] == '\0')
		printf("Say what it offers, under services: in %s;\n"
		       "or later: atlax expose\n", config);
	printf("Start it:   systemctl enable --now atlax-agent\n"
	       "            or: atlax agent -c %s\n", config);
	return AX_EXIT_OK;
}

/* --- the command line ------------------------------------------------------------ */

/* NAME:PORT#PIN */
static int
read_line(struct join *j, const char *line, struct err *e)
{
	const char *hash = strchr(line, '#');
	char address[300];
	int r;

	if (hash == NULL || hash - line >= (ptrdiff_t)sizeof(address))
		return err_set(e, AX_E_RANGE, "not NAME:PORT#PIN, which atlax relay up "
		    "printed: %.60s", line);
	(void)snprintf(address, sizeof(address), "%.*s", (int)(hash - line), line);
	r = place_address(address, JOIN_PORT, j->host, &j->port, e);
	return r < 0 ? r : pin_parse(hash + 1, &j->pin, e);
}

static int
read_rest(struct join *j, struct err *e)
{
	unsigned long s = WAIT_S;
	char *end = NULL;

	if (j->name[0] != '\0' && !identity_is_label(slice_str(j->name)))
		return err_set(e, AX_E_RANGE, "a name is 1 to 63 of a-z, 0-9 and -, "
		    "with no - at either end: %.60s", j->name);
	if (j->wait != NULL)
		s = strtoul(j->wait, &end, 10);
	if ((end != NULL && (*end != '\0' || end == j->wait)) || s > 86400)
		return err_set(e, AX_E_RANGE, "not a number of seconds up to a day: "
		    "%.60s", j->wait);
	j->patience_ms = (uint64_t)s * 1000;
	return place_services_check(&j->services, e);
}

int
cmd_join(int argc, char **argv)
{
	struct join j = { .dir = PLACE_DIR, .name = "",
		.services = { "", "target", "  " }, .place.fd = -1, .own.fd = -1 };
	const struct option_def defs[] = {
		{ 0, "name", "NAME", "what this machine is called", NULL, &j.name },
		{ 0, "dir", "DIR", "where to (" PLACE_DIR ")", NULL, &j.dir },
		{ 0, "services", "NAME=ADDRESS,...", "what it offers", NULL,
		    &j.services.list },
		{ 0, "voucher-file", "FILE", "a voucher, which is a secret, in FILE; -: "
		    "from standard input", NULL, &j.voucher_file },
		{ 0, "wait", "SECONDS", "ask again for so long (1800)", NULL, &j.wait },
		{ 'j', "json", NULL, "as JSON, a document a line", &j.json, NULL },
		{ 0, "run", NULL, "run the agent then", &j.run, NULL },
		{ 0, "show-key", NULL, "print this machine's key, for atlax approve "
		    "--key; ask nobody", &j.show_key, NULL },
	};
	const struct options o = { .program = JOIN,
		.summary = "Asks a relay for a certificate, waits, and sets up an agent.",
		.operands = "NAME:PORT#PIN", .manual = "atlax(1)", .defs = defs,
		.n = ARRAY_LEN(defs) };
	struct err e;
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	if (argc - at != (j.show_key ? 0 : 1))
		return options_wrong(&o, "it takes the line that atlax relay up printed, "
		    "or --show-key");
	if (j.show_key && j.voucher_file != NULL)
		return options_wrong(&o, "--show-key asks nobody: no --voucher-file");
	r = j.show_key ? 0 : read_line(&j, argv[at], &e);
	if (r == 0)
		r = read_rest(&j, &e);
	if (r == 0)
		r = join(&j, &e);
	if (r == 0 && j.show_key)
		return ask_written(o.program, AX_EXIT_OK);
	return r < 0 ? options_failed(&o, &e) : done(&j);
}
