/* link.h — one tunnel's pump: socket, TLS and session. The only place where the
 * three meet; no policy. receive → open → events → splices; then splices →
 * ring → seal → one send, at the end of the turn.
 *
 * Thread: the loop's, for every function here.                               */
#ifndef ATLAX_LINK_LINK_H
#define ATLAX_LINK_LINK_H

#include "io/addr.h"
#include "io/loop.h"
#include "io/share.h"
#include "link/splice.h"
#include "proto/session.h"
#include "tls/tls.h"

struct link;

/* Buffers that every link of a thread shares, because a turn of one link is over
 * before the next begins: nothing idle owns a buffer. Pages are touched when
 * used, so an idle agent pays for none.                                      */
struct link_scratch;
AX_CHECKED int link_scratch_new(struct link_scratch **out);
void link_scratch_free(struct link_scratch **s);

struct link_down {
	uint16_t wire;	/* the wire code, ours or the peer's; 0: none was spoken */
	bool by_peer;	/* the peer said it (wire), or hung up */
	struct err err;	/* the sentence */
};

/* Events go to the owner of the link. In each of them the owner may call any
 * function of session.h; it must not free the link, except in down.          */
struct link_ops {
	/* The handshake is done: fill args (role, limits, allocator, identity of
	 * this side) to go on, or return a wire error code to refuse (the
	 * reason goes to the peer and the log).                              */
	uint16_t (*authenticated)(struct link *l, const struct tls_peer *peer,
	    struct session_args *args, const char **reason);
	/* Relay: HELLO came: session_accept or session_reject. Agent: up. */
	void (*hello)(struct link *l, const struct session_hello *h);
	/* The peer opened a stream: splice_init, splice_join and answer, or
	 * session_reset + session_release.                                   */
	void (*open)(struct link *l, struct stream *st, const struct session_open *o);
	/* SERVICES, GOAWAY, REFUSED, RESUMED (the session goes on) and the peer's
	 * CLOSE; may be NULL. */
	void (*event)(struct link *l, const struct session_event *ev);
	/* The link is dead: socket closed, every splice of it has been closed
	 * (closed() ran). why: for the log. The owner frees the link now.    */
	void (*down)(struct link *l, const struct link_down *why);
	/* The connection is lost, the session is not (doc/PROTOCOL 7.5): its
	 * splices stay, their sockets unread, until link_take brings another
	 * connection, or down. NULL if sessions are never resumable.         */
	void (*away)(struct link *l, const struct link_down *why);
	/* Agent: TLS is established; the link whose session is to go on over
	 * this connection, or NULL: authenticated() is asked for a new one.
	 * When l has given it away, its down() says so by AX_OK. May be NULL. */
	struct link *(*heir)(struct link *l);
	/* Agent: the peer should have said something (session_doubt_at): this
	 * connection may be as good as lost. Once for each. May be NULL.     */
	void (*doubt)(struct link *l);
	/* A splice comes from another process: its owner, who reads what the freeze
	 * of splice.h wrote, and has called splice_init; NULL: it cannot be. May
	 * be NULL.                                                           */
	struct splice *(*thaw)(struct link *l, struct frost *f);
};

struct link_args {
	struct loop *loop;
	struct share *share; /* whose work this is; until link_move. Borrowed. */
	struct link_scratch *scratch;
	struct tls_ctx *tls;	/* a reference is taken by the connection */
	const char *host;	/* agent: whom we dialled */
	int fd;			/* connected; taken, also on failure */
	struct addr peer;
	const struct link_ops *ops;
	void *owner;
	uint32_t handshake_ms;	/* absolute, to HELLO included (default 10000) */
	uint32_t hello_gate_ms;	/* relay: to the ClientHello (default 3000) */
	uint32_t dead_ms;	/* TCP_USER_TIMEOUT */
};

/* Starts at once (the agent's ClientHello leaves in this turn).
 * Fails: AX_E_NOMEM, AX_E_SYS; the fd is closed, no callback runs.           */
AX_CHECKED int link_new(const struct link_args *a, struct link **out);
/* Cuts it off, at any time but inside a callback of it: no callback of ops runs;
 * its splices end with closed(). Accepts NULL, nulls.                        */
void link_free(struct link **l);
/* Ends it in order: CLOSE(code) is sent, then the socket is closed and down()
 * is called, within a second.                                                */
void link_close(struct link *l, uint16_t code, const char *reason);

/* Makes from's connection that of l, whose session goes on over it; what l had
 * is dropped without a word. from keeps nothing but its memory: free it. Relay: from
 * has received HELLO that resumes, with this claim, from an agent that may have
 * the session. Returns NULL, or why not, for the log: then from is as before and
 * can still refuse. Not inside a callback of either. l and from: of one loop. */
AX_CHECKED const char *link_take(
    struct link *l, struct link *from, const struct session_claim *claim);
/* Does the machine no longer have the address that l's connection comes from? */
bool link_is_stranded(const struct link *l);
/* Since when it has no connection; 0: it has one. */
uint64_t link_away_since_ns(const struct link *l);

/* --- from one process to the next ------------------------------------------ */

/* As if its connection were lost: away() runs within this call. False: its
 * session cannot go on over another one, or not elsewhere. Not inside a callback. */
AX_CHECKED bool link_suspend(struct link *l);
/* Is it away, and has it not ended meanwhile? */
bool link_is_freezable(const struct link *l);
/* Writes it with its session, splices and their sockets, all of which stay as they
 * are.                                                                       */
void link_freeze(struct link *l, struct frost *f);
/* Reads one: away, on a's loop, which does not turn yet. Of a, loop, share,
 * scratch, ops and owner are used; s: alloc, seed, self, wall_ms.
 * Fails: AX_E_NOMEM, AX_E_SYNTAX, AX_E_SYS. Sockets that were taken are closed
 * only at the end of the process: whoever wrote still has them.              */
AX_CHECKED int link_thaw(const struct link_args *a, const struct session_args *s,
    struct frost *f, struct link **out);

void *link_owner(const struct link *l);
struct loop *link_loop(const struct link *l);
/* From the next turn on it is to's work (its owner is known now). Borrows to. */
void link_move(struct link *l, struct share *to);
/* From one thread's loop to another's, while it has no streams yet: leave by the
 * one, enter by the other; whatever carries the pointer between them orders the
 * two. In between only link_free, link_peer, link_session (to look at) and
 * link_owner are allowed.
 * False: it is closing, and ends where it is.                                */
AX_CHECKED bool link_leave(struct link *l);
/* Takes a reference of tls, borrows the rest as link_new. What has come meanwhile
 * is read in this turn. Fails: AX_E_SYS; it is still between loops.          */
AX_CHECKED int link_enter(struct link *l, struct loop *loop, struct share *share,
    struct link_scratch *scratch, struct tls_ctx *tls);
struct session *link_session(const struct link *l); /* NULL before authenticated */
const struct tls_peer *link_peer(const struct link *l);
const struct addr *link_peer_addr(const struct link *l);
const char *link_cipher(const struct link *l);
uint64_t link_up_since_ns(const struct link *l);
/* What was done for it so far, in the units of io/share.h. */
uint64_t link_worked(const struct link *l);
/* Something was queued in the session from outside the link's own callbacks:
 * pump at the end of this turn. (Everything in link/ does it by itself.)     */
void link_kick(struct link *l);

#endif
