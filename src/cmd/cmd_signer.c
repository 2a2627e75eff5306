/* cmd_signer.c — atlax signer: runs until it is told to stop.
 *
 * Thread: the only one.                                                      */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/place.h"
#include "enrol/signer.h"
#include "io/notify.h"
#include "io/sandbox.h"
#include "io/signal.h"
#include "pki/ca.h"
#include "pki/store.h"
#include "tls/tls.h"

#define CA_DIR SYSCONFDIR "/atlax/ca"
#define USER "atlax"

struct daemon {
	struct loop *loop;
	struct signals signals;
	struct notify notify;
	struct log_sink *sink;
	struct log *log;
	struct signer *signer;
};

/* --- the command line ----------------------------------------------------------- */

static int
read_rate(const char *text, uint32_t *out, struct err *e)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v < 1 ||
	    v > SIGNER_RATE_MAX)
		return err_set(e, AX_E_RANGE, "not a number from 1 to %d: %.60s",
		    SIGNER_RATE_MAX, text);
	*out = (uint32_t)v;
	return 0;
}

/* The usual one may be missing: then only root asks. */
static int
read_user(const char *name, uid_t *out, struct err *e)
{
	const struct passwd *user = getpwnam(name == NULL ? USER : name);

	*out = user == NULL ? geteuid() : user->pw_uid;
	return user == NULL && name != NULL ?
	    err_set(e, AX_E_RANGE, "there is no user %.60s", name) : 0;
}

/* --- the process ---------------------------------------------------------------- */

static void
on_signal(struct signals *s, int signo)
{
	struct daemon *d = container_of(s, struct daemon, signals);

	if (signo == SIGTERM || signo == SIGINT)
		loop_stop(d->loop);
}

/* That there is a CA here, before anybody asks. */
static int
check_ca(const char *dir, struct err *e)
{
	struct db db;
	int r = ca_read_db(dir, &db, e);

	if (r == 0)
		db_fini(&db);
	return r;
}

/* Who breaks in here makes certificates until the CA that signs them is replaced; with
 * the root's key he is the CA, and nothing helps but to begin anew.          */
static void
warn_of_root(const struct daemon *d, const char *ca)
{
	struct store dir;
	struct err e;

	if (store_open(ca, &dir, &e) < 0)
		return;
	if (store_has(&dir, "root.key"))
		log_warn(d->log, "root.key is online, beside the CA that signs: keep it "
		    "elsewhere until a CA is renewed or replaced", LOG_STR("ca", ca));
	store_close(&dir);
}

static int
begin(struct daemon *d, struct signer_args *args, struct err *e)
{
	int r = tls_boot(e);

	if (r == 0)
		r = check_ca(args->policy.ca, e);
	if (r == 0)
		r = log_sink_new(STDERR_FILENO, LOG_INFO, LOG_TEXT, &d->sink, e);
	if (r == 0 && (r = log_new(d->sink, "signer", &d->log)) < 0)
		err_set(e, r, "out of memory");
	if (r == 0)
		r = loop_new(&d->loop, e);
	if (r == 0 && (r = signals_init(&d->signals, d->loop, on_signal)) < 0)
		err_sys(e, "cannot receive signals");
	args->loop = d->loop;
	args->log = d->log;
	return r < 0 ? r : signer_new(args, &d->signer, e);
}

static void
end(struct daemon *d)
{
	signer_free(&d->signer);
	if (d->loop != NULL) {
		notify_end(&d->notify);
		signals_fini(&d->signals, d->loop);
	}
	loop_free(&d->loop);
	log_free(&d->log);
	log_sink_free(&d->sink);
	tls_shutdown();
}

static int
serve(struct signer_args *args, bool sandbox, struct err *e)
{
	struct daemon d = { 0 };
	int r = begin(&d, args, e);

	if (r == 0) {
		warn_of_root(&d, args->policy.ca);
		log_info(d.log, "signer up", LOG_STR("socket", args->socket),
		    LOG_STR("ca", args->policy.ca),
		    LOG_I64("life_s", args->policy.life_s),
		    LOG_U64("most_in_a_minute", args->policy.rate));
		notify_begin(&d.notify, d.loop, NULL);
		notify_say(&d.notify, "READY=1");
		if (sandbox && sandbox_enter(SANDBOX_SIGNER, e) < 0)
			log_warn(d.log, "no sandbox", LOG_STR("reason", e->text));
		loop_run(d.loop);
		log_info(d.log, "signer stopped");
	}
	end(&d);
	return r;
}

int
cmd_signer(int argc, char **argv)
{
	struct signer_args args = { .socket = PLACE_SIGNER, .policy.ca = CA_DIR };
	const char *life = "90d", *rate = "60", *grace = "7d", *user = NULL;
	bool off = false;
	const struct option_def defs[] = {
		{ 0, "ca", "DIR", "the CA's directory (" CA_DIR ")", NULL,
		    &args.policy.ca },
		{ 's', "socket", "PATH", "where it listens (" PLACE_SIGNER ")", NULL,
		    &args.socket },
		{ 0, "life", "TIME", "certificates are valid so long (90d)", NULL,
		    &life },
		{ 0, "rate", "N", "certificates in a minute, at most (60)", NULL,
		    &rate },
		{ 0, "grace", "TIME", "what has expired is renewed for so long (7d); "
		    "0s: not", NULL, &grace },
		{ 0, "no-sandbox", NULL, "refuse no system calls, for a C library that "
		    "needs others", &off, NULL },
		{ 'u', "user", "NAME", "who may ask: the relay's user (" USER ")", NULL,
		    &user },
	};
	const struct options o = { .program = "atlax signer",
		.summary = "Makes certificates for agents that renew theirs.",
		.manual = "atlax(1)", .defs = defs, .n = ARRAY_LEN(defs) };
	struct err e;
	int r, at;

	sandbox_drop(SANDBOX_SIGNER);
	at = options_read(&o, argc, argv, &r);
	if (at < 0)
		return r;
	r = options_seconds(life, "2s", "366d", &args.policy.life_s, &e);
	if (r == 0)
		r = options_seconds(grace, "0s", "30d", &args.policy.grace_s, &e);
	if (r == 0)
		r = read_rate(rate, &args.policy.rate, &e);
	if (r == 0)
		r = read_user(user, &args.user, &e);
	if (r == 0)
		r = serve(&args, !off, &e);
	return r < 0 ? options_failed(&o, &e) : AX_EXIT_OK;
}
