/* exposer.c — what is exposed at run time.
 * Thread: the agent's.
 * Invariant: a service is in the map on behalf of an exposal exactly while lent is
 * set; an exposal that is not kept has a guest, and ends with him.           */
#include "agent/exposer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/uplink.h"
#include "base/str.h"
#include "io/sock.h"
#include "proto/session_expose.h"

#define GUESTS_MAX 32
#define LINE_MAX_BYTES 256
#define GAP_MS 1000
#define AGAIN_MS 5000 /* no answer, or not now */
#define KEPT_MS 60000 /* refused, but may be granted some day */

struct guest {
	struct list link;
	struct exposer *exposer;
	struct exposal *what; /* NULL: he has not asked yet */
	struct watch watch;
	int fd;
	size_t n;
	char line[LINE_MAX_BYTES];
};

struct exposal {
	uint16_t id, wanted; /* wanted: 0 is any port */
	uint16_t port;	     /* the relay's; 0: not exposed */
	uint16_t why;	     /* the last refusal */
	bool kept, answered, lent;
	struct addr target;
	struct guest *guest;
};

bool
exposer_is_able(void)
{
	return true;
}

static void
name_of(const struct exposal *e, char out[16])
{
	(void)snprintf(out, 16, "tcp-%u", e->port);
}

/* --- what is kept ------------------------------------------------------------- */

/* agent.kept; what the service manager made; or beside the configuration. */
static bool
kept_path(const struct conf_agent *c, const char *suffix, char out[4096])
{
	const char *dir = getenv("STATE_DIRECTORY");
	const char *slash = strrchr(c->file, '/');
	struct str s;

	str_init(&s, out, 4096);
	if (c->kept != NULL)
		str_add(&s, c->kept);
	else if (dir != NULL)
		str_fmt(&s, "%.*s/exposed", (int)strcspn(dir, ":"), dir);
	else
		str_fmt(&s, "%.*sexposed",
		    slash == NULL ? 0 : (int)(slash - c->file) + 1, c->file);
	str_add(&s, suffix);
	return !s.cut;
}

static bool
write_kept(const struct exposer *x, FILE *f)
{
	char target[ADDR_TEXT_MAX];

	for (size_t i = 0; i < AX_EXPOSES_MAX; i++) {
		const struct exposal *e = x->all[i];

		if (e == NULL || !e->kept || (e->guest != NULL && e->port == 0))
			continue; /* nobody has said yes to it yet */
		addr_format(&e->target, target);
		if (fprintf(f, "%s %u\n", target, e->wanted) < 0)
			return false;
	}
	return fflush(f) == 0 && fsync(fileno(f)) == 0;
}

static bool
save(const struct exposer *x)
{
	char path[4096], fresh[4096];
	bool ok = kept_path(x->agent->conf, "", path) &&
	    kept_path(x->agent->conf, ".new", fresh);
	FILE *f = ok ? fopen(fresh, "we") : NULL;

	ok = f != NULL && write_kept(x, f);
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	if (ok && rename(fresh, path) == 0)
		return true;
	log_error(x->agent->log, "cannot write down what is to be kept exposed",
	    LOG_STR("file", path), LOG_STR("reason", strerror(errno)));
	return false;
}

/* --- the list ------------------------------------------------------------------- */

static void
look_in(struct exposer *x, uint64_t ms)
{
	loop_timer_in(x->agent->loop, &x->timer, ms);
}

static AX_NOINLINE void
hang_up(struct guest *g)
{
	loop_unwatch(g->exposer->agent->loop, &g->watch);
	sock_close(&g->fd);
	list_del(&g->link);
	g->exposer->n_guests--;
	free(g);
}

/* A word, what goes with it, and the end of the line. A guest who does not read is not
 * waited for. */
static AX_PRINTF(2, 3) void
answer(struct guest *g, const char *format, ...)
{
	char line[LINE_MAX_BYTES + 16];
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	(void)send(g->fd, line, MIN((size_t)n, sizeof(line) - 1), MSG_NOSIGNAL);
}

static void
announce(struct agent *a)
{
	struct list *l;

	list_foreach(l, &a->uplinks) {
		struct uplink *u = container_of(l, struct uplink, entry);

		if (u->up && !u->retired && uplink_announce(u) < 0)
			agent_announce(a); /* no memory: later */
	}
}

static AX_NOINLINE void
withdraw(struct exposer *x, struct exposal *e)
{
	char name[16];

	if (e->lent) {
		name_of(e, name);
		service_map_unlend(&x->agent->services, name);
		announce(x->agent);
	}
	e->lent = false;
	e->port = 0;
}

static void
forget(struct exposer *x, struct exposal *e)
{
	struct guest *g = e->guest;

	withdraw(x, e);
	x->all[e->id - 1] = NULL;
	if (g != NULL)
		hang_up(g);
	free(e);
}

static void
say(struct exposer *x)
{
	struct session_expose list[AX_EXPOSES_MAX];
	struct uplink *u = x->agent->current;
	bool again = false, kept = false;
	size_t n = 0;

	for (size_t i = 0; i < AX_EXPOSES_MAX; i++) {
		const struct exposal *e = x->all[i];

		if (e == NULL)
			continue;
		again |= !e->answered || e->why == AX_EXPOSE_BUSY;
		kept |= e->why != 0;
		list[n++] = (struct session_expose){ .id = e->id,
			.port = e->port != 0 ? e->port : e->wanted };
	}
	if (again || kept)
		look_in(x, again ? AGAIN_MS : KEPT_MS);
	if ((n == 0 && !x->said) || u == NULL || !u->up || u->retired)
		return;
	if (session_expose(link_session(u->link), list, n) < 0)
		return;
	x->said = true;
	x->said_ns = loop_now(x->agent->loop);
	link_kick(u->link);
}

void
exposer_say(struct exposer *x)
{
	say(x);
}

/* Soon; lists are a second apart. */
static void
changed(struct exposer *x)
{
	uint64_t past = (loop_now(x->agent->loop) - x->said_ns) / AX_NS_PER_MS;

	look_in(x, past >= GAP_MS ? 0 : GAP_MS - past);
}

static void
on_timer(struct wheel_timer *t)
{
	struct exposer *x = container_of(t, struct exposer, timer);

	if (!x->agent->stopping)
		say(x);
}

/* --- what the relay says ---------------------------------------------------------- */

static void
refused(struct exposer *x, struct exposal *e, uint16_t why, struct slice text)
{
	char reason[AX_EXPOSED_TEXT_MAX + 1];
	struct str s;
	bool news = e->why != why;

	str_init(&s, reason, sizeof(reason));
	str_add_n(&s, (const char *)text.p, text.n);
	withdraw(x, e);
	e->why = why;
	if (why == AX_EXPOSE_BUSY) {
		look_in(x, AGAIN_MS);
		return;
	}
	if (news)
		log_warn(x->agent->log, "not exposed", LOG_STR("reason", reason));
	if (e->guest != NULL) {
		answer(e->guest, "no %s\n", reason);
		e->kept = false;
	}
	if (!e->kept)
		forget(x, e);
	else
		look_in(x, KEPT_MS);
}

/* He goes on alone if it is kept. */
static void
tell_guest(struct exposer *x, struct exposal *e, const char *at)
{
	struct guest *g = e->guest;

	if (g == NULL)
		return;
	if (e->kept) {
		e->wanted = e->port;
		if (!save(x)) {
			answer(g, "no the agent cannot write its file; its log "
			    "says why\n");
			e->kept = false;
			forget(x, e);
			return;
		}
		e->guest = NULL;
	}
	answer(g, "at %s\n", at);
	if (e->guest == NULL)
		hang_up(g);
}

static void
exposed(struct exposer *x, struct exposal *e, uint16_t port, struct slice text)
{
	char name[16], at[AX_EXPOSED_TEXT_MAX + 1];
	struct str s;

	if (e->lent && e->port == port)
		return;
	withdraw(x, e);
	e->port = port;
	e->why = 0;
	name_of(e, name);
	e->lent = service_map_lend(&x->agent->services, name, &e->target) == 0;
	if (!e->lent) {
		refused(x, e, AX_EXPOSE_TAKEN, slice_str("this agent has a service "
		    "of that name in its file, or too many; ask for another port"));
		changed(x);
		return;
	}
	str_init(&s, at, sizeof(at));
	str_add_n(&s, (const char *)text.p, text.n);
	log_info(x->agent->log, "exposed", LOG_STR("service", name), LOG_STR("at", at));
	tell_guest(x, e, at);
}

/* What is not named any more is not exposed. */
static void
take_back_others(struct exposer *x, const bool named[AX_EXPOSES_MAX])
{
	for (size_t i = 0; i < AX_EXPOSES_MAX; i++) {
		if (x->all[i] != NULL && x->all[i]->lent && !named[i])
			refused(x, x->all[i], AX_EXPOSE_WITHDRAWN,
			    slice_str("the relay does not expose it any more"));
	}
}

void
exposer_answer(struct exposer *x, const struct uplink *u, const struct session_event *ev)
{
	bool named[AX_EXPOSES_MAX] = { false };
	struct slice rest = ev->data;
	struct session_exposed a;

	if (u != x->agent->current)
		return;
	while (session_exposed_next(&rest, &a)) {
		struct exposal *e = a.id >= 1 && a.id <= AX_EXPOSES_MAX ?
		    x->all[a.id - 1] : NULL;

		/* It may be about one that had the place before. */
		if (e == NULL || (a.why == 0 && e->wanted != 0 && e->wanted != a.port))
			continue;
		named[a.id - 1] = true;
		e->answered = true;
		if (a.why == 0)
			exposed(x, e, a.port, a.text);
		else
			refused(x, e, a.why, a.text);
	}
	take_back_others(x, named);
	/* Also for a relay that did not know whose they were when it was told last. */
	announce(x->agent);
}

/* --- whoever asks -------------------------------------------------------------------- */

/* NULL: as many as there may be, or no memory. */
static struct exposal *
exposal_new(struct exposer *x, const struct addr *target, unsigned port)
{
	for (size_t i = 0; i < AX_EXPOSES_MAX; i++) {
		struct exposal *e = x->all[i] != NULL ? NULL : calloc(1, sizeof(*e));

		if (e == NULL)
			continue;
		e->id = (uint16_t)(i + 1);
		e->wanted = (uint16_t)port;
		e->target = *target;
		x->all[i] = e;
		return e;
	}
	return NULL;
}

static const char *
why_not(const struct exposer *x)
{
	const struct uplink *u = x->agent->current;

	return u == NULL || !u->up || session_may_expose(link_session(u->link)) ? NULL :
	    "the relay is too old to expose ports for agents";
}

static void
expose(struct guest *g, const char *target, unsigned port, bool keep)
{
	struct exposer *x = g->exposer;
	const char *why = why_not(x);
	struct addr at;
	struct err e;

	if (why == NULL && addr_parse(target, &at, &e) < 0)
		why = e.text;
	else if (why == NULL && addr_is_forbidden_target(&at))
		why = "an agent never lends that address (link-local, multicast or "
		    "metadata)";
	else if (why == NULL && (g->what = exposal_new(x, &at, port)) == NULL)
		why = "as many ports as an agent may have are exposed";
	if (why != NULL) {
		answer(g, "no %s\n", why);
		hang_up(g);
		return;
	}
	g->what->kept = keep;
	g->what->guest = g;
	if (x->agent->current == NULL || !x->agent->current->up)
		answer(g, "wait the agent has no tunnel now\n");
	changed(x);
}

static void
list_all(struct guest *g)
{
	char target[ADDR_TEXT_MAX];
	bool any = false;

	for (size_t i = 0; i < AX_EXPOSES_MAX; i++) {
		const struct exposal *e = g->exposer->all[i];

		if (e == NULL)
			continue;
		addr_format(&e->target, target);
		answer(g, "is %u %s %s%s\n",
		    e->port != 0 ? e->port : e->wanted, target,
		    e->port != 0 ? "exposed" : "waits", e->kept ? ", kept" : "");
		any = true;
	}
	if (!any)
		answer(g, "is nothing is exposed\n");
	hang_up(g);
}

/* For atlax status: cmd/agent_status.c says what the words are. */
static void
tell_status(struct guest *g)
{
	struct agent *a = g->exposer->agent;
	char at[ADDR_TEXT_MAX];
	int64_t from, until;
	struct list *l;

	tls_ctx_validity(a->tls, &from, &until);
	answer(g, "certificate %lld\n", (long long)until);
	list_foreach(l, &a->uplinks) {
		struct uplink *u = container_of(l, struct uplink, entry);
		uint64_t since = u->lost_ns == 0 ? u->well_ns : u->lost_ns;
		struct session_stats s;

		if (!u->up)
			continue;
		session_stats(link_session(u->link), &s);
		addr_format(link_peer_addr(u->link), at);
		answer(g, "tunnel %d %u %u %u %s\n", u->lost_ns == 0,
		    (unsigned)((loop_now(a->loop) - since) / AX_NS_PER_S),
		    (unsigned)s.rtt_us, u->connections, at);
	}
	for (size_t i = 0; i < a->services.n; i++) {
		const struct service *s = a->services.all[i];

		addr_format(&s->target, at);
		if (!s->gone)
			answer(g, "service %s %d %u %s\n", s->name, s->health,
			    s->connections, at);
	}
	hang_up(g);
}

static void
forget_kept(struct guest *g, unsigned port)
{
	struct exposer *x = g->exposer;

	for (size_t i = 0; i < AX_EXPOSES_MAX; i++) {
		struct exposal *e = x->all[i];

		if (e == NULL || !e->kept || e->guest != NULL || e->wanted != port)
			continue;
		forget(x, e);
		if (save(x))
			answer(g, "is forgotten\n");
		else
			answer(g, "no forgotten until the agent starts again: it "
			    "cannot write its file\n");
		hang_up(g);
		changed(x);
		return;
	}
	answer(g, "no no such port is kept exposed\n");
	hang_up(g);
}

static void
on_line(struct guest *g)
{
	char target[128];
	unsigned port = 0, keep = 0;

	if (sscanf(g->line, "expose %127s %5u %1u", target, &port, &keep) == 3 &&
	    port <= UINT16_MAX)
		expose(g, target, port, keep == 1);
	else if (sscanf(g->line, "forget %5u", &port) == 1)
		forget_kept(g, port);
	else if (strcmp(g->line, "list\n") == 0)
		list_all(g);
	else if (strcmp(g->line, "status\n") == 0)
		tell_status(g);
	else
		hang_up(g);
}

/* He says one line; afterwards only that he is there. */
static void
on_guest(struct watch *w, uint32_t events AX_UNUSED)
{
	struct guest *g = container_of(w, struct guest, watch);
	ssize_t n = recv(g->fd, g->line + g->n, sizeof(g->line) - 1 - g->n, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && g->what == NULL) {
		g->n += (size_t)n;
		g->line[g->n] = '\0';
		if (memchr(g->line, '\n', g->n) != NULL)
			on_line(g);
		else if (g->n == sizeof(g->line) - 1)
			hang_up(g);
		return;
	}
	if (g->what != NULL) {
		struct exposer *x = g->exposer;

		forget(x, g->what);
		changed(x);
	} else
		hang_up(g);
}

static bool
may_ask(int fd)
{
	struct ucred c;
	socklen_t n = sizeof(c);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) == 0 &&
	    n == sizeof(c) && (c.uid == 0 || c.uid == geteuid());
}

static void
on_knock(struct watch *w, uint32_t events AX_UNUSED)
{
	struct exposer *x = container_of(w, struct exposer, watch);
	struct guest *g;
	int fd = accept4(x->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	g = x->n_guests < GUESTS_MAX && may_ask(fd) ? calloc(1, sizeof(*g)) : NULL;
	if (g == NULL) {
		(void)close(fd);
		return;
	}
	g->exposer = x;
	g->fd = fd;
	list_init(&g->link);
	list_add(&x->guests, &g->link);
	x->n_guests++;
	watch_init(&g->watch, on_guest);
	if (loop_watch(x->agent->loop, &g->watch, fd, LOOP_LEVEL_IN) < 0)
		hang_up(g);
}

/* --- begin and end ------------------------------------------------------------------ */

static void
read_kept(struct exposer *x)
{
	char path[4096], target[128];
	FILE *f = kept_path(x->agent->conf, "", path) ? fopen(path, "re") : NULL;
	struct addr at;
	unsigned port;

	while (f != NULL && fscanf(f, "%127s %5u", target, &port) == 2) {
		struct exposal *e = port == 0 || port > UINT16_MAX ||
			addr_parse(target, &at, NULL) < 0 ||
			addr_is_forbidden_target(&at) ? NULL :
		    exposal_new(x, &at, port);

		if (e != NULL)
			e->kept = true;
		else
			log_error(x->agent->log, "what is kept exposed cannot be read",
			    LOG_STR("file", path), LOG_STR("target", target));
	}
	if (f != NULL)
		(void)fclose(f);
}

static int
open_socket(struct exposer *x, struct err *e)
{
	const char *path = x->agent->conf->socket;
	char dir[sizeof(x->path)], text[sizeof(x->path) + 5];
	struct addr at;
	struct listen_args args = { .addr = &at, .backlog = 8 };
	int r;

	(void)str_copy(dir, sizeof(dir), path);
	if (strrchr(dir, '/') != NULL)
		*strrchr(dir, '/') = '\0';
	(void)mkdir(dir, 0755); /* or listening says what is wrong */
	(void)snprintf(text, sizeof(text), "unix:%s", path);
	r = addr_parse(text, &at, e);
	if (r == 0)
		r = sock_listen(&args, &x->fd, e);
	if (r < 0)
		return r;
	(void)str_copy(x->path, sizeof(x->path), path);
	if (chmod(path, 0600) < 0 ||
	    loop_watch(x->agent->loop, &x->watch, x->fd, LOOP_LEVEL_IN) < 0)
		return err_sys(e, "cannot use it");
	return 0;
}

void
exposer_begin(struct exposer *x)
{
	struct err e;

	read_kept(x);
	if (open_socket(x, &e) < 0)
		log_warn(x->agent->log, "atlax expose does not work here",
		    LOG_STR("socket", x->agent->conf->socket),
		    LOG_STR("reason", e.text));
}

void
exposer_init(struct exposer *x, struct agent *a)
{
	x->agent = a;
	x->fd = -1;
	list_init(&x->guests);
	watch_init(&x->watch, on_knock);
	wheel_timer_init(&x->timer, on_timer);
}

void
exposer_fini(struct exposer *x)
{
	struct list *l;

	for (size_t i = 0; i < AX_EXPOSES_MAX; i++) {
		if (x->all[i] != NULL && x->all[i]->guest != NULL)
			x->all[i]->guest->what = NULL;
		free(x->all[i]);
		x->all[i] = NULL;
	}
	while ((l = list_first(&x->guests)) != NULL)
		hang_up(container_of(l, struct guest, link));
	if (x->agent->loop == NULL)
		return;
	loop_untimer(x->agent->loop, &x->timer);
	loop_unwatch(x->agent->loop, &x->watch);
	sock_close(&x->fd);
	if (x->path[0] != '\0')
		(void)unlink(x->path);
}
