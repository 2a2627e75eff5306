/* live.c — the pages about streams and agents, as they are now: reads what is
 * asked for, strictly, and hands it to the relay.
 *
 * Thread: control. Invariant: what a request says is borrowed for the call of the
 * relay only.                                                                */
#include "admin/live.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/body.h"
#include "admin/render.h"
#include "admin/request.h"

static void
misunderstood(struct admin_request *req, const char *sentence)
{
	request_answer(req, MHD_HTTP_BAD_REQUEST, render_error(sentence));
}

/* A number from 1 on; *out is as it was when there is none. */
static bool
read_number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;
	unsigned long long v;

	if (text == NULL)
		return true;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (text[0] < '1' || text[0] > '9' || *end != '\0' || errno != 0 || v > max)
		return false;
	*out = v;
	return true;
}

void
live_ask_streams(struct admin *a AX_UNUSED, struct admin_request *req)
{
	const char *sort = request_argument(req, "sort");
	uint64_t limit = ADMIN_STREAMS_USUAL;
	struct admin_streams_wish wish = {
		.tenant = request_argument(req, "tenant"),
		.agent = request_argument(req, "agent"),
	};
	struct relay *relay;

	wish.largest = sort != NULL && strcmp(sort, "bytes") == 0;
	if (sort != NULL && !wish.largest && strcmp(sort, "age") != 0) {
		misunderstood(req, "sort is \"age\", the newest first, or \"bytes\"");
		return;
	}
	if (!read_number(request_argument(req, "limit"), ADMIN_STREAMS_MAX, &limit)) {
		misunderstood(req, "limit is a number from 1 to 1000");
		return;
	}
	wish.limit = (size_t)limit;
	request_ops(req, &relay)->streams(relay, req, &wish);
}

static bool
read_stream_id(const char *text, struct admin_stream_id *id)
{
	const char *dash = strchr(text, '-');
	char *end;
	unsigned long worker;

	errno = 0;
	worker = strtoul(text, &end, 10);
	if (dash == NULL || end != dash || text[0] < '0' || text[0] > '9' ||
	    errno != 0 || worker > UINT16_MAX)
		return false;
	id->worker = (uint32_t)worker;
	return read_number(dash + 1, UINT64_MAX, &id->number);
}

void
live_ask_close(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct admin_stream_id id = { 0 };
	const char *text = NULL;
	struct relay *relay;
	struct err e;
	json_t *o = body_read(request_body(req), &e, "{s:s}", "id", &text);

	if (o == NULL || !read_stream_id(text, &id))
		misunderstood(req, "the body is {\"id\": \"...\"}, with an id of "
		    "/v1/streams");
	else
		request_ops(req, &relay)->close_stream(relay, req, id);
	json_decref(o);
}

void
live_ask_kick(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct admin_agent_name name = { NULL, NULL };
	struct relay *relay;
	struct err e;
	json_t *o = body_read(request_body(req), &e, "{s:s, s?s}", "tenant",
	    &name.tenant, "agent", &name.agent);

	if (o == NULL)
		misunderstood(req, "the body is {\"tenant\": \"...\"}, or "
		    "{\"tenant\": \"...\", \"agent\": \"...\"}");
	else
		request_ops(req, &relay)->kick(relay, req, &name);
	json_decref(o);
}

void
admin_reply_streams(struct admin_request *req, const struct admin_streams *s)
{
	request_answer(req, MHD_HTTP_OK, render_streams(s));
}

void
admin_reply_closed(struct admin_request *req, uint64_t n)
{
	request_answer(req, MHD_HTTP_OK, render_closed(n));
}

void
admin_not_found(struct admin_request *req, const char *sentence)
{
	request_answer(req, MHD_HTTP_NOT_FOUND, render_error(sentence));
}
