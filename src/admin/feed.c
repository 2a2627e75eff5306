/* feed.c — server-sent events, one rendering for all.
 *
 * Thread: control. Invariant: a viewer's connection is suspended exactly while
 * it has sent all of the newest frame (is_waiting). A frame lives as long as
 * somebody is at it; a slow viewer holds one and skips those in between.     */
#include "admin/feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/request.h"
#include "admin/visits.h"
#include "base/assert.h"
#include "base/clock.h"

#define PERIOD_MS 1000u
#define SLOW_MS 15000u /* for one frame */
#define STREAMS_SHOWN 200u
/* The next one waits until control has used one part in so many of the time since
 * the last, for that and everything else; but no longer than LONGEST_MS. */
#define SHARE 64u
#define LONGEST_MS 10000u

struct frame {
	unsigned users;
	size_t n;
	char text[];
};

struct viewer {
	struct list link; /* feed.viewers */
	struct feed *feed;
	struct MHD_Connection *conn;
	struct frame *frame;
	size_t at;
	uint64_t until_ms, since_ms; /* of its session; at this frame */
	bool is_waiting, over;
};

/* --- frames ------------------------------------------------------------------- */

static void
frame_release(struct frame **f)
{
	if (*f != NULL && --(*f)->users == 0)
		free(*f);
	*f = NULL;
}

static const char *const members[FEED_DOCS] = { "status", "streams", "pending" };

/* data: {"at_ms":N,"status":...,"streams":...,"pending":...} and a blank line. N: when
 * the relay was asked; what has come between two events needs it for rates, however
 * late they arrive. */
static struct frame *
frame_new(char *const docs[FEED_DOCS], uint64_t at_ms)
{
	size_t n = 64, at;
	struct frame *f;

	for (size_t i = 0; i < FEED_DOCS; i++)
		n += 24 + (docs[i] == NULL ? 4 : strlen(docs[i]));
	f = malloc(sizeof(*f) + n);
	if (f == NULL)
		return NULL;
	at = (size_t)snprintf(f->text, n, "data: {\"at_ms\":%" PRIu64, at_ms);
	for (size_t i = 0; i < FEED_DOCS; i++) {
		/* A document ends with a line break, which would end the event. */
		size_t len = docs[i] == NULL ? 0 : strcspn(docs[i], "\n");

		at += (size_t)snprintf(f->text + at, n - at, ",\"%s\":", members[i]);
		memcpy(f->text + at, len == 0 ? "null" : docs[i], len == 0 ? 4 : len);
		at += len == 0 ? 4 : len;
	}
	at += (size_t)snprintf(f->text + at, n - at, "}\n\n");
	f->users = 1;
	f->n = at;
	return f;
}

/* --- viewers -------------------------------------------------------------------- */

static void
wake(struct viewer *v)
{
	if (!v->is_waiting)
		return;
	v->is_waiting = false;
	MHD_resume_connection(v->conn);
	admin_wake(v->feed->admin);
}

/* libmicrohttpd wants more for one of them. */
static ssize_t
on_read(void *arg, uint64_t pos AX_UNUSED, char *out, size_t max)
{
	struct viewer *v = arg;
	struct feed *f = v->feed;
	size_t n;

	if (v->over)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (v->frame != NULL && v->at == v->frame->n && v->frame != f->frame)
		frame_release(&v->frame);
	if (v->frame == NULL && f->frame != NULL) {
		v->frame = f->frame;
		v->frame->users++;
		v->at = 0;
		v->since_ms = clock_mono_ms();
	}
	if (v->frame == NULL || v->at == v->frame->n) {
		v->is_waiting = true;
		MHD_suspend_connection(v->conn);
		return 0;
	}
	n = MIN(max, v->frame->n - v->at);
	memcpy(out, v->frame->text + v->at, n);
	v->at += n;
	return (ssize_t)n;
}

static void
on_gone(void *arg)
{
	struct viewer *v = arg;

	list_del(&v->link);
	v->feed->n_viewers--;
	frame_release(&v->frame);
	free(v);
}

bool
feed_is_full(const struct feed *f)
{
	return f->n_viewers >= FEED_VIEWERS_MAX;
}

enum MHD_Result
feed_join(struct feed *f, struct MHD_Connection *c, uint64_t until_ms)
{
	struct viewer *v = calloc(1, sizeof(*v));
	struct MHD_Response *r;
	enum MHD_Result ok;

	if (v == NULL)
		return MHD_NO;
	*v = (struct viewer){ .feed = f, .conn = c, .until_ms = until_ms };
	list_init(&v->link);
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, on_read, v, on_gone);
	if (r == NULL) {
		free(v);
		return MHD_NO;
	}
	if (f->n_viewers == 0) {
		frame_release(&f->frame); /* from when somebody last looked */
		f->ran_ns = clock_thread_ns();
	}
	list_add(&f->viewers, &v->link);
	f->n_viewers++;
	visit_gets(c, UINT64_MAX);
	(void)MHD_add_response_header(r, "Content-Type", "text/event-stream");
	(void)MHD_add_response_header(r, "Cache-Control", "no-store");
	(void)MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	ok = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return ok;
}

/* --- asking ------------------------------------------------------------------------ */

static void
publish(struct feed *f)
{
	struct frame *next = frame_new(f->docs, f->began_ms);
	struct list *e, *tmp;

	for (size_t i = 0; i < FEED_DOCS; i++) {
		free(f->docs[i]);
		f->docs[i] = NULL;
	}
	if (next == NULL)
		return; /* out of memory: the next one, perhaps */
	frame_release(&f->frame);
	f->frame = next;
	list_foreach_safe(e, tmp, &f->viewers)
		wake(container_of(e, struct viewer, link));
}

static void
on_doc(struct feed *f, size_t i, unsigned code, char *doc)
{
	ax_assert(f->missing > 0 && f->docs[i] == NULL);
	if (code == MHD_HTTP_OK)
		f->docs[i] = doc;
	else
		free(doc);
	if (--f->missing == 0)
		publish(f);
}

static void
on_status(void *arg, unsigned code, char *doc)
{
	on_doc(arg, 0, code, doc);
}

static void
on_streams(void *arg, unsigned code, char *doc)
{
	on_doc(arg, 1, code, doc);
}

static void
on_pending(void *arg, unsigned code, char *doc)
{
	on_doc(arg, 2, code, doc);
}

static void
ask(struct feed *f)
{
	const struct admin_streams_wish wish = { .limit = STREAMS_SHOWN, .largest = true };
	struct admin_request *status = request_own(f->admin, "/v1/status", on_status, f);
	struct admin_request *streams = request_own(f->admin, "/v1/streams", on_streams, f);
	struct admin_request *pending = request_own(f->admin, "/v1/pending", on_pending, f);
	const struct admin_ops *ops;
	struct relay *relay;

	f->began_ms = clock_mono_ms();
	f->ran_ns = clock_thread_ns();
	/* One more than there are: it is not over before all were asked. */
	f->missing = 1u + (status != NULL) + (streams != NULL) + (pending != NULL);
	if (status != NULL && (ops = request_ops(status, &relay)) != NULL)
		ops->status(relay, status);
	if (streams != NULL && (ops = request_ops(streams, &relay)) != NULL)
		ops->streams(relay, streams, &wish);
	if (pending != NULL && (ops = request_ops(pending, &relay)) != NULL)
		ops->pending(relay, pending);
	if (--f->missing == 0)
		publish(f);
}

static uint64_t
due_ms(const struct feed *f)
{
	uint64_t cost = (clock_thread_ns() - f->ran_ns) / AX_NS_PER_MS;

	return f->began_ms == 0 ? 0 :
	    f->began_ms + MIN(MAX(SHARE * cost, PERIOD_MS), LONGEST_MS);
}

void
feed_run(struct feed *f, uint64_t now)
{
	struct list *e, *tmp;

	list_foreach_safe(e, tmp, &f->viewers) {
		struct viewer *v = container_of(e, struct viewer, link);

		if (!v->over && (now >= v->until_ms || (!v->is_waiting &&
		    v->frame != NULL && now > v->since_ms + SLOW_MS))) {
			v->over = true;
			visit_gets(v->conn, SLOW_MS);
		}
		if (v->over)
			wake(v);
	}
	if (f->n_viewers > 0 && f->missing == 0 && now >= due_ms(f))
		ask(f);
}

uint64_t
feed_wait_ms(const struct feed *f, uint64_t now)
{
	uint64_t due;

	if (f->n_viewers == 0 || f->missing > 0)
		return UINT64_MAX;
	due = due_ms(f);
	return now >= due ? 0 : due - now;
}

/* --- life ---------------------------------------------------------------------------- */

void
feed_init(struct feed *f)
{
	*f = (struct feed){ .admin = NULL };
	list_init(&f->viewers);
}

void
feed_stop(struct feed *f)
{
	struct list *e, *tmp;

	list_foreach_safe(e, tmp, &f->viewers) {
		struct viewer *v = container_of(e, struct viewer, link);

		v->over = true;
		wake(v);
	}
}

void
feed_fini(struct feed *f)
{
	ax_assert(list_is_empty(&f->viewers) && f->missing == 0);
	frame_release(&f->frame);
}
