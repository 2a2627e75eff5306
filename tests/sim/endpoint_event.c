/* endpoint_event.c — what an endpoint does with each event, and what it checks:
 * events only for live handles, in an order that makes sense. Everything that
 * arrives is compared with what the other side's model has done.
 * Thread: owner. Invariant: stream_user of a live stream is its socket.      */
#include "reconnect.h"

#include <stdio.h>
#include <stdlib.h>

#define CODE_OVERLOAD 0x108

static struct socket *
event_socket(struct endpoint *e, const struct session_event *ev)
{
	struct socket *k = stream_user(ev->stream);

	report_check(e->report, k != NULL && k->side == e->side &&
	    k->st == ev->stream, "event %d for a dead stream", ev->type);
	report_check(e->report, !k->reset_sent,
	    "flow %u: event %d after our RESET", k->flow->index, ev->type);
	report_check(e->report, !k->reset_seen,
	    "flow %u: event %d after their RESET", k->flow->index, ev->type);
	return k;
}

static void
on_hello(struct endpoint *e, const struct session_event *ev)
{
	report_check(e->report, e->side == 0 && !e->up, "HELLO at the wrong time");
	report_check(e->report, slice_eq(ev->hello->hostname, slice_str("sim-agent")),
	    "HELLO with a wrong host name");
	if (e->reject) {
		session_reject(e->s, 10, "not today", 1234);
		return;
	}
	if (session_accept(e->s, 0, 1, e->report->now_ns) < 0) {
		report_check(e->report, e->memory.failed > 0, "accept failed");
		session_close(e->s, 19, "out of memory");
		return;
	}
	reconnect_keys_begin(e);
	e->up = true;
}

static void
on_resumed(struct endpoint *e, const struct session_event *ev)
{
	report_check(e->report, e->side == 1 && e->up, "RESUMED at the wrong time");
	reconnect_resumed(e, ev->hello);
}

static void
on_up(struct endpoint *e, const struct session_event *ev)
{
	report_check(e->report, e->side == 1 && !e->up, "UP at the wrong time");
	report_check(e->report, slice_eq(ev->hello->hostname, slice_str("sim-relay")),
	    "HELLO_OK with a wrong host name");
	reconnect_keys_begin(e);
	e->up = true;
}

static void
on_refused(struct endpoint *e, const struct session_event *ev)
{
	e->refused = true;
	e->close_code = ev->code;
	e->retry_after_ms = ev->retry_after_ms;
}

/* An OPEN names its flow; the addresses must be the ones that went in. */
static struct socket *
open_socket(struct endpoint *e, const struct session_event *ev)
{
	const struct session_open *o = ev->open;
	char name[AX_SERVICE_NAME_MAX + 1];
	struct socket *k;
	unsigned i;

	snprintf(name, sizeof(name), "%.*s", (int)o->service.n, o->service.p);
	report_check(e->report, sscanf(name, "flow-%u", &i) == 1 &&
	    i < e->model->n_flows, "OPEN of unknown service %s", name);
	k = &e->model->flows[i].end[e->side];
	report_check(e->report, !k->was_open && k->flow->opener != e->side &&
	    socket_other(k)->was_open, "flow %u: OPEN out of nothing", i);
	report_check(e->report, o->prio == k->flow->prio &&
	    o->client_port == (uint16_t)i && o->addr_len == (i % 3 == 0 ? 0 :
	    i % 3 == 1 ? 4 : 16), "flow %u: OPEN was changed", i);
	return k;
}

static void
on_open(struct endpoint *e, const struct session_event *ev)
{
	struct socket *k = open_socket(e, ev);

	k->st = ev->stream;
	k->was_open = true;
	k->dial_ns = e->report->now_ns + k->plan.dial_ns;
	list_add(&e->live, &k->link);
	e->n_live++;
	stream_set_user(k->st, k);
	e->accepted++;
	report_check(e->report, e->accepted <= e->args.max_streams,
	    "%u streams open, at most %u allowed", e->accepted,
	    e->args.max_streams);
	e->model->progress_ns = e->report->now_ns;
}

static void
on_opened(struct endpoint *e, const struct session_event *ev)
{
	struct socket *k = event_socket(e, ev);

	report_check(e->report, k->flow->opener == e->side && !k->confirmed &&
	    socket_other(k)->dialled, "flow %u: OPENED out of nothing",
	    k->flow->index);
	k->confirmed = true;
}

static void
on_data(struct endpoint *e, const struct session_event *ev)
{
	struct socket *k = event_socket(e, ev);

	report_check(e->report, ev->data.n <= e->args.max_frame,
	    "flow %u: DATA of %zu bytes", k->flow->index, ev->data.n);
	socket_saw_data(e->model, k, ev->data);
	if (k->plan.reader == READER_FAST && k->dialled) {
		size_t n = (size_t)(k->seen - k->consumed);

		k->consumed = k->seen;
		session_consumed(e->s, k->st, n, e->report->now_ns);
	} else if (k->read_ns == AX_NEVER)
		k->read_ns = e->report->now_ns;
}

static void
on_fin(struct endpoint *e, const struct session_event *ev)
{
	socket_saw_fin(e->model, event_socket(e, ev));
}

static void
on_reset(struct endpoint *e, const struct session_event *ev)
{
	struct socket *k = event_socket(e, ev);

	/* Some OPENs never reach the other's model: those that crossed a
	 * GOAWAY, or found all handles in use that ended streams still hold. */
	if (!socket_other(k)->was_open &&
	    (e->goaway_seen || ev->code == CODE_OVERLOAD)) {
		k->reset_seen = k->flow->failed = true;
		return;
	}
	socket_saw_reset(e->model, k, ev->code);
}

static void
on_services(struct endpoint *e, const struct session_event *ev)
{
	report_check(e->report, e->side == 0 && ev->n_services <= AX_SERVICES_MAX,
	    "SERVICES at the agent, or too many");
	if (ev->n_services > 0)
		memcpy(e->services, ev->services,
		    ev->n_services * sizeof(*ev->services));
	e->n_services = ev->n_services;
}

static void
on_goaway(struct endpoint *e, const struct session_event *ev)
{
	e->goaway_seen = true;
	e->goaway = *ev->goaway;
}

static void
on_close(struct endpoint *e, const struct session_event *ev)
{
	e->close_seen = true;
	e->close_code = ev->code;
	snprintf(e->close_text, sizeof(e->close_text), "%.*s", (int)ev->data.n,
	    ev->data.n == 0 ? "" : (const char *)ev->data.p);
}

void
endpoint_event(struct endpoint *e, const struct session_event *ev)
{
	static void (*const on[])(struct endpoint *, const struct session_event *) = {
		[SESSION_EV_HELLO] = on_hello,
		[SESSION_EV_UP] = on_up,
		[SESSION_EV_RESUMED] = on_resumed,
		[SESSION_EV_REFUSED] = on_refused,
		[SESSION_EV_OPEN] = on_open,
		[SESSION_EV_OPENED] = on_opened,
		[SESSION_EV_DATA] = on_data,
		[SESSION_EV_FIN] = on_fin,
		[SESSION_EV_RESET] = on_reset,
		[SESSION_EV_SERVICES] = on_services,
		[SESSION_EV_GOAWAY] = on_goaway,
		[SESSION_EV_CLOSE] = on_close,
	};

	report_check(e->report, (size_t)ev->type < ARRAY_LEN(on),
	    "event of unknown type %d", ev->type);
	on[ev->type](e, ev);
}
