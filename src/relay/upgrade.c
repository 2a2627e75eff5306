/* upgrade.c — the old process's side of an upgrade.
 *
 * Thread: control. From the moment when every worker is parked until they go on,
 * or the process ends, their memory is control's.
 * Invariant: nothing is shut down, and no option of a socket changed, that the heir
 * has as well. GO is sent once, as the last thing.                           */
#include "relay/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "admin/admin.h"
#include "atlax/exit.h"
#include "base/assert.h"
#include "base/clock.h"
#include "io/sock.h"
#include "relay/enrolment.h"
#include "relay/operators.h"
#include "relay/handover.h"
#include "relay/seen.h"
#include "relay/snapshot.h"
#include "relay/status.h"

#define READY_MS 60000 /* to read the configuration, to test itself */
#define TAKEN_MS 10000
#define COMMAND_MAX ((size_t)1 << 20)

extern char **environ;

struct upgrade {
	struct relay *relay;
	struct admin_request *req;
	int fd; /* to the heir */
	pid_t heir;
	struct watch watch;
	struct wheel_timer timer;
	enum handover_type awaited;
	unsigned paused; /* workers */
	uint64_t paused_ns;
};

/* --- the end ----------------------------------------------------------------- */

static void
upgrade_free(struct relay *r)
{
	struct upgrade *u = r->upgrade;

	r->upgrade = NULL;
	loop_unwatch(r->loop, &u->watch);
	loop_untimer(r->loop, &u->timer);
	sock_close(&u->fd); /* a heir that lives ends by this */
	free(u);
}

static void
fail(struct relay *r, const struct err *e)
{
	log_error(r->log, "the upgrade failed; this process goes on",
	    LOG_STR("reason", e->text));
	admin_refuse(r->upgrade->req, e->text);
	status_answered(r);
	upgrade_free(r);
	notify_say(&r->notify, r->draining ? "STATUS=draining" : "READY=1\nSTATUS=serving");
}

void
upgrade_end(struct relay *r)
{
	struct err e;

	if (r->upgrade == NULL)
		return;
	(void)err_set(&e, AX_E_CLOSED, "the relay is going away");
	fail(r, &e);
}

/* --- the heir ------------------------------------------------------------------ */

/* The command line of this process; the strings are in *mem. */
static int
command(struct buf *mem, char **argv, size_t cap, struct err *e)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	uint8_t *at = buf_reserve(mem, COMMAND_MAX);
	size_t n = 0;
	ssize_t got;

	if (fd < 0 || at == NULL) {
		sock_close(&fd);
		return err_sys(e, "cannot read the command line");
	}
	while ((got = read(fd, at + buf_len(mem), COMMAND_MAX - buf_len(mem))) > 0)
		buf_commit(mem, (size_t)got);
	(void)close(fd);
	for (size_t i = 0; i < buf_len(mem) && n + 1 < cap; n++) {
		argv[n] = (char *)mem->mem + i;
		i += strnlen(argv[n], buf_len(mem) - i) + 1;
	}
	argv[n] = NULL;
	if (n == 0 || n + 1 == cap || mem->mem[buf_len(mem) - 1] != '\0')
		return err_set(e, AX_E_RANGE, "the command line is too long");
	return 0;
}

/* Ours, without what is meant for this process alone. */
static char **
environment(char *channel)
{
	size_t n = 0, k = 0;
	char **env;

	while (environ[n] != NULL)
		n++;
	env = calloc(n + 2, sizeof(*env));
	for (size_t i = 0; env != NULL && i < n; i++) {
		if (strncmp(environ[i], "WATCHDOG_PID=", 13) != 0 &&
		    strncmp(environ[i], HANDOVER_ENV "=", sizeof(HANDOVER_ENV)) != 0)
			env[k++] = environ[i];
	}
	if (env != NULL)
		env[k] = channel;
	return env;
}

/* Runs path with a clean slate of signals; fd stays open in it. Returns errno. */
static int
run(const char *path, char **argv, char **env, int fd, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, ours;
	int r = posix_spawnattr_init(&attr);

	sigemptyset(&none);
	sigemptyset(&ours);
	sigaddset(&ours, SIGPIPE);
	sigaddset(&ours, SIGCHLD);
	if (r == 0)
		r = posix_spawn_file_actions_init(&files);
	if (r == 0)
		r = posix_spawnattr_setsigmask(&attr, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attr, &ours);
	if (r == 0)
		r = posix_spawnattr_setflags(
		    &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (r == 0) /* the same number: it only loses close-on-exec */
		r = posix_spawn_file_actions_adddup2(&files, fd, fd);
	if (r == 0)
		r = posix_spawn(pid, path, &files, &attr, argv, env);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return r;
}

/* The program where this one was: a package may have put another one there. */
static int
start(struct upgrade *u, int fd, struct err *e)
{
	/* NOLINTNEXTLINE: the kernel gives the address as a number */
	const char *path = (const char *)getauxval(AT_EXECFN);
	char channel[64], *argv[256], **env;
	struct buf mem;
	int r;

	(void)snprintf(channel, sizeof(channel), "%s=%d", HANDOVER_ENV, fd);
	buf_init(&mem);
	env = environment(channel);
	r = path == NULL || env == NULL ? err_set(e, AX_E_NOMEM, "out of memory") :
					  command(&mem, argv, ARRAY_LEN(argv), e);
	/* Nobody waits for it: it outlives us, or its end is seen by its socket. */
	(void)signal(SIGCHLD, SIG_IGN);
	if (r == 0 && (errno = run(path, argv, env, fd, &u->heir)) != 0)
		r = err_sys(e, "cannot run %s", path);
	free(env);
	buf_fini(&mem);
	return r;
}

/* --- first: it gets ready ------------------------------------------------------ */

static int
add(struct buf *fds, int fd)
{
	return fd < 0 ? 0 : buf_append(fds, &fd, sizeof(fd));
}

static int
send_ports(struct relay *r, struct err *e)
{
	struct handover_msg m = { .type = HANDOVER_PORTS };
	struct buf fds;
	int doors[3], rc = 0;

	buf_init(&fds);
	status_listeners(r, doors);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(doors); i++)
		rc = add(&fds, doors[i]);
	if (rc == 0)
		rc = add(&fds, enrolment_listener(r));
	if (rc == 0)
		rc = add(&fds, operators_listener(r));
	for (unsigned i = 0; rc == 0 && i < r->n_workers; i++)
		rc = add(&fds, r->workers[i].agent_fd);
	for (size_t i = 0; rc == 0 && i < r->n_ports; i++)
		rc = add(&fds, r->ports[i].fd);
	rc = rc < 0 ? err_set(e, rc, "out of memory") :
		      handover_send(r->upgrade->fd, &m, &fds, e);
	buf_fini(&fds);
	return rc;
}

static void
pause_workers(struct relay *r)
{
	struct msg m = { .type = MSG_PAUSE };

	loop_unwatch(r->loop, &r->upgrade->watch);
	loop_untimer(r->loop, &r->upgrade->timer);
	r->upgrade->paused_ns = clock_mono_ns();
	control_tell_all(r, &m);
}

static void
on_heir(struct watch *w, uint32_t events AX_UNUSED)
{
	struct upgrade *u = container_of(w, struct upgrade, watch);
	struct relay *r = u->relay;
	struct handover_msg m;
	struct buf fds;
	struct err e;
	int rc;

	buf_init(&fds);
	rc = handover_expect(u->fd, u->awaited, 0, &fds, &m, &e);
	buf_fini(&fds);
	if (rc == 0 && u->awaited == HANDOVER_HELLO) {
		u->awaited = HANDOVER_READY;
		rc = send_ports(r, &e);
	} else if (rc == 0) {
		pause_workers(r);
	} else if (rc == AX_E_CLOSED) {
		(void)err_set(&e, AX_E_CLOSED, "the new process ended before it was "
		    "ready; what it said is in the log");
	}
	if (rc < 0)
		fail(r, &e);
}

static void
on_late(struct wheel_timer *t)
{
	struct upgrade *u = container_of(t, struct upgrade, timer);
	struct err e;

	(void)err_set(&e, AX_E_TIMEOUT, "the new process was not ready within %d s",
	    READY_MS / 1000);
	fail(u->relay, &e);
}

static const char *
obstacle(const struct relay *r)
{
	if (r->draining)
		return "the relay is going away";
	if (r->upgrade != NULL)
		return "an upgrade goes on already";
	if (r->reload != NULL)
		return "a reload goes on; try again in a moment";
	if (conf_resume_s(&r->conf->tunnel) == 0)
		return "tunnel.resume is 0: no connection could outlive it; drain and "
		    "start instead";
	if (getpid() == 1)
		return "the relay is the first process of its container, which would "
		    "end with it; start another container instead";
	return NULL;
}

void
upgrade_begin(struct relay *r, struct admin_request *req)
{
	const char *why = obstacle(r);
	struct upgrade *u = why != NULL ? NULL : calloc(1, sizeof(*u));
	struct err e;
	int pair[2] = { -1, -1 }, rc;

	if (u == NULL) {
		admin_refuse(req, why != NULL ? why : "out of memory");
		return;
	}
	u->relay = r;
	u->req = req;
	u->awaited = HANDOVER_HELLO;
	watch_init(&u->watch, on_heir);
	wheel_timer_init(&u->timer, on_late);
	r->upgrade = u;
	seen_save(r); /* it is read there */
	log_info(r->log, "upgrade: starting the program that is installed now");
	notify_say(&r->notify, "RELOADING=1\nSTATUS=upgrading");
	rc = handover_pair(pair, &e);
	u->fd = pair[0];
	if (rc == 0)
		rc = start(u, pair[1], &e);
	sock_close(&pair[1]);
	if (rc == 0 &&
	    (rc = loop_watch(r->loop, &u->watch, u->fd, LOOP_LEVEL_IN)) < 0)
		(void)err_sys(&e, "cannot watch the new process");
	if (rc < 0)
		fail(r, &e);
	else
		loop_timer_in(r->loop, &u->timer, READY_MS);
}

/* --- then: it gets everything -------------------------------------------------- */

/* The file first, then what is named in it. */
static int
send_state(struct relay *r, const struct buf *state, const struct buf *sockets,
    struct err *e)
{
	struct handover_msg m = { .type = HANDOVER_STATE, .size = buf_len(state) };
	struct buf fds;
	int file = -1, rc = handover_file(state, &file, e);

	buf_init(&fds);
	if (rc < 0)
		return rc;
	if (add(&fds, file) < 0 || (buf_len(sockets) > 0 && buf_append(&fds,
	    buf_slice(sockets).p, buf_len(sockets)) < 0))
		rc = err_set(e, AX_E_NOMEM, "out of memory");
	if (rc == 0)
		rc = handover_send(r->upgrade->fd, &m, &fds, e);
	sock_close(&file);
	buf_fini(&fds);
	return rc;
}

static int
hand_over(struct relay *r, struct snapshot_counts *n, struct err *e)
{
	struct handover_msg m;
	struct buf state, fds;
	struct frost f;
	int rc;

	buf_init(&state);
	buf_init(&fds);
	frost_write(&f, &state, &fds);
	snapshot_write(r, &f, n);
	rc = f.bad ? err_set(e, AX_E_NOMEM, "no memory to write the sessions") :
		     send_state(r, &state, &fds, e);
	if (state.mem != NULL)
		explicit_bzero(state.mem, state.cap); /* it has keys */
	buf_fini(&state);
	if (rc == 0)
		rc = handover_expect(r->upgrade->fd, HANDOVER_TAKEN, TAKEN_MS, &fds,
		    &m, e);
	buf_fini(&fds);
	return rc;
}

/* It serves from now on; what is left is to say so. */
_Noreturn static void
leave(struct relay *r, const struct snapshot_counts *n)
{
	struct admin_upgraded u = { .pid = r->upgrade->heir, .tunnels = n->tunnels,
		.connections = n->connections, .waiting = n->waiting,
		.paused_ms = (clock_mono_ns() - r->upgrade->paused_ns) / AX_NS_PER_MS };

	admin_reply_upgraded(r->upgrade->req, &u);
	status_flush(r);
	log_info(r->log, "another process has taken over", LOG_I64("pid", u.pid),
	    LOG_U64("tunnels", u.tunnels), LOG_U64("connections", u.connections),
	    LOG_U64("waiting", u.waiting), LOG_U64("paused_ms", u.paused_ms));
	for (unsigned i = 0; i < r->n_workers; i++)
		log_free(&r->workers[i].log);
	log_free(&r->log);
	log_sink_free(&r->sink);
	_exit(AX_EXIT_OK);
}

static void
tell_manager(struct relay *r, int64_t main_pid)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "MAINPID=%lld", (long long)main_pid);
	notify_say(&r->notify, text);
}

/* The heir did not take it: everything is as it was, but agents are away. */
static void
go_on(struct relay *r)
{
	for (size_t i = 0; i < r->n_ports; i++)
		r->ports[i].attached = 0;
	for (unsigned i = 0; i < r->n_workers; i++)
		ax_assert(sem_post(&r->workers[i].go) == 0);
	control_attach_ports(r);
}

static void
commit(struct relay *r)
{
	struct handover_msg go = { .type = HANDOVER_GO };
	struct snapshot_counts n;
	struct err e;
	int rc = hand_over(r, &n, &e);

	if (rc == 0) {
		/* First: then the manager believes what the heir says. */
		tell_manager(r, r->upgrade->heir);
		rc = handover_send(r->upgrade->fd, &go, NULL, &e);
		if (rc == 0)
			leave(r, &n);
		tell_manager(r, getpid());
	}
	go_on(r);
	fail(r, &e);
}

void
upgrade_paused(struct relay *r)
{
	struct msg m = { .type = MSG_PARK };

	if (r->upgrade == NULL || ++r->upgrade->paused < r->n_workers)
		return;
	control_tell_all(r, &m);
	for (unsigned i = 0; i < r->n_workers; i++) {
		while (sem_wait(&r->parked) < 0)
			ax_assert(errno == EINTR);
	}
	commit(r);
}
