/* socket.c — binding the admin socket, and who may use it.
 *
 * Thread: control. Two doors on the way: the mode of the socket, and the
 * credentials of the peer, should somebody have opened the first.            */
#include "admin/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/str.h"

#define OWN_DIR RUNSTATEDIR "/atlax"

static int
new_socket(struct err *e)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? err_sys(e, "cannot make a socket") : fd;
}

static int
address(const char *path, struct sockaddr_un *out, struct err *e)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path[0] == '\0' || !str_copy(out->sun_path, sizeof(out->sun_path), path))
		return err_set(e, AX_E_RANGE,
		    "a socket's path has at most 107 bytes, and at least one");
	return 0;
}

/* Makes way for a new socket: removes one that nobody listens on. */
static int
clear(const struct sockaddr_un *at, struct err *e)
{
	struct stat st;
	int fd, r;

	if (lstat(at->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "cannot look at %s", at->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, AX_E_EXIST, "%s exists and is no socket; "
		    "move it away or choose another path", at->sun_path);
	fd = new_socket(e);
	if (fd < 0)
		return fd;
	r = connect(fd, (const struct sockaddr *)at, sizeof(*at));
	/* A full queue (EAGAIN) means that somebody is there as well. */
	if (r == 0 || errno == EAGAIN)
		r = err_set(e, AX_E_EXIST,
		    "another relay answers on %s; stop it, or set admin.socket", at->sun_path);
	else if (errno != ECONNREFUSED)
		r = err_sys(e, "cannot try %s", at->sun_path);
	else
		r = unlink(at->sun_path) < 0 && errno != ENOENT ?
		    err_sys(e, "cannot remove %s", at->sun_path) : 0;
	(void)close(fd);
	return r;
}

/* The directory that is ours, with what is above it: a new system has no
 * /usr/local/var. Any other directory is its owner's to make. */
static int
make_directory(const char *path, struct err *e)
{
	char dir[] = OWN_DIR;
	size_t n = strlen(OWN_DIR);

	if (strncmp(path, OWN_DIR "/", n + 1) != 0 || strchr(path + n + 1, '/') != NULL)
		return 0;
	for (char *p = dir + 1; p <= dir + n; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		*p = '\0';
		if (mkdir(dir, 0755) < 0 && errno != EEXIST)
			return err_sys(e, "cannot make the directory %s", dir);
		*p = p == dir + n ? '\0' : '/';
	}
	return 0;
}

static int
bind_and_listen(struct admin_socket *s, const struct sockaddr_un *at, struct err *e)
{
	/* The file gets the mode that the socket has when it is bound, so it is
	 * private from the first moment and umask, which belongs to the whole
	 * process, is left alone. */
	if (fchmod(s->fd, 0600) < 0)
		return err_sys(e, "cannot make the socket private");
	if (bind(s->fd, (const struct sockaddr *)at, sizeof(*at)) < 0)
		return err_sys(e, "cannot bind %s", at->sun_path);
	(void)str_copy(s->path, sizeof(s->path), at->sun_path); /* ours now */
	if (listen(s->fd, 16) < 0)
		return err_sys(e, "cannot listen on %s", at->sun_path);
	return 0;
}

int
admin_socket_open(const char *path, struct admin_socket *out, struct err *e)
{
	struct admin_socket s = { .fd = -1 };
	struct sockaddr_un at;
	int r = address(path, &at, e);

	if (r == 0)
		r = make_directory(path, e);
	if (r == 0)
		r = clear(&at, e);
	if (r < 0)
		return r;
	s.fd = new_socket(e);
	if (s.fd < 0)
		return s.fd;
	r = bind_and_listen(&s, &at, e);
	if (r < 0)
		admin_socket_close(&s);
	else
		*out = s;
	return r;
}

void
admin_socket_close(struct admin_socket *s)
{
	struct sockaddr_un at;

	if (s->fd >= 0)
		(void)close(s->fd);
	/* Another relay may have taken the path over. Inode numbers cannot tell
	 * (tmpfs uses them again), whether somebody answers can. */
	if (s->path[0] != '\0' && address(s->path, &at, NULL) == 0)
		(void)clear(&at, NULL);
	*s = (struct admin_socket){ .fd = -1 };
}

bool
admin_socket_may(int fd, struct admin_who *who)
{
	struct ucred c;
	socklen_t n = sizeof(c);

	*who = (struct admin_who){ .uid = (uid_t)-1 };
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) < 0 || n != sizeof(c))
		return false;
	who->uid = c.uid;
	who->pid = c.pid;
	return c.uid == 0 || c.uid == geteuid();
}
