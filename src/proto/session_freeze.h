/* session_freeze.h — a session from one process to the next, while it has no
 * connection. It belongs to session.h. Thread: owner, for every function here. */
#ifndef ATLAX_PROTO_SESSION_FREEZE_H
#define ATLAX_PROTO_SESSION_FREEZE_H

#include "base/frost.h"
#include "proto/session.h"

/* Can it go? It is a relay's and suspended, and its peer has acknowledged whole
 * frames only. */
bool session_is_freezable(const struct session *s);
/* Writes all of it, except who uses its streams; it stays as it is. */
void session_freeze(struct session *s, struct frost *f);
/* Reads one: suspended as it was, its clock the same. args: alloc, seed, self and
 * wall_ms are used. Fails: AX_E_NOMEM, AX_E_SYNTAX (torn, or no session that could
 * be); f is at an undefined place then.                                      */
AX_CHECKED int session_thaw(const struct session_args *args, struct frost *f,
    uint64_t now_ns, struct session **out);
/* The stream id, to be used by somebody who had it; NULL: nobody had. */
struct stream *session_handle(const struct session *s, uint32_t id);
/* Streams that somebody had. */
size_t session_handles(const struct session *s);

#endif
