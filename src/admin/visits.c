/* visits.c — the time of each connection. Thread: control. */
#include "admin/visits.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"

struct visit {
	struct list link;
	uint64_t since_ms, for_ms; /* UINT64_MAX: no end */
	int fd; /* libmicrohttpd's */
	bool has_who;
	struct admin_who who;
};

static struct visit *
of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

static uint64_t
until(const struct visits *v, const struct visit *visit)
{
	bool hurries = v->n >= v->max && visit->for_ms == VISIT_ASK_MS;

	return visit->for_ms == UINT64_MAX ? UINT64_MAX :
	    visit->since_ms + (hurries ? VISIT_ASK_FULL_MS : visit->for_ms);
}

void
visits_init(struct visits *v, unsigned max)
{
	*v = (struct visits){ .max = max };
	list_init(&v->all);
}

int
visits_add(struct visits *v, struct MHD_Daemon *http, int fd, const struct admin_who *who)
{
	const struct sockaddr_un from = { .sun_family = AF_UNIX };
	enum MHD_Result ok;

	v->arriving = who;
	ok = MHD_add_connection(
	    http, fd, (const struct sockaddr *)&from, sizeof(from.sun_family));
	v->arriving = NULL;
	return ok == MHD_YES ? 0 : AX_E_LIMIT;
}

static void
begin(struct visits *v, int fd, void **slot)
{
	struct visit *visit = calloc(1, sizeof(*visit));

	if (visit == NULL) {
		/* Without its time it may not stay. */
		(void)shutdown(fd, SHUT_RDWR);
		return;
	}
	visit->fd = fd;
	visit->since_ms = clock_mono_ms();
	visit->for_ms = VISIT_ASK_MS;
	visit->has_who = v->arriving != NULL;
	if (visit->has_who)
		visit->who = *v->arriving;
	list_add(&v->all, &visit->link);
	v->n++;
	*slot = visit;
}

static void
end(struct visits *v, void **slot)
{
	struct visit *visit = *slot;

	*slot = NULL;
	if (visit == NULL)
		return; /* there was no memory for it */
	list_del(&visit->link);
	v->n--;
	free(visit);
}

void
visits_notify(void *arg, struct MHD_Connection *c, void **slot,
    enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct visits *v = arg;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		end(v, slot);
	else if (info != NULL)
		begin(v, info->connect_fd, slot);
}

void
visits_run(struct visits *v)
{
	uint64_t now = clock_mono_ms();
	struct list *l;

	list_foreach (l, &v->all) {
		struct visit *visit = container_of(l, struct visit, link);

		if (until(v, visit) > now)
			continue;
		visit->for_ms = UINT64_MAX;
		(void)shutdown(visit->fd, SHUT_RDWR); /* libmicrohttpd sees the end */
	}
}

uint64_t
visits_wait_ms(const struct visits *v)
{
	uint64_t first = UINT64_MAX, now;
	struct list *l;

	list_foreach (l, &v->all)
		first = MIN(first, until(v, container_of(l, struct visit, link)));
	if (first == UINT64_MAX)
		return first;
	now = clock_mono_ms();
	return first > now ? first - now : 0;
}

void
visit_gets(struct MHD_Connection *c, uint64_t ms)
{
	struct visit *visit = of(c);

	if (visit == NULL)
		return;
	visit->since_ms = clock_mono_ms();
	visit->for_ms = ms;
}

const struct admin_who *
visit_who(struct MHD_Connection *c)
{
	const struct visit *visit = of(c);

	return visit != NULL && visit->has_who ? &visit->who : NULL;
}
