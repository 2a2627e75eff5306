/* control_hello.h — HELLO, HELLO_OK and HELLO_ERR, for the table in control.c:
 * what follows the four bytes that every message begins with.
 * Pure. Thread: any.                                                         */
#ifndef ATLAX_PROTO_CONTROL_HELLO_H
#define ATLAX_PROTO_CONTROL_HELLO_H

#include "proto/control.h"

/* False: malformed. */
bool control_get_hello(struct reader *r, struct control *c);
bool control_get_hello_ok(struct reader *r, struct control *c);
bool control_get_hello_err(struct reader *r, struct control *c);
void control_put_hello(struct writer *w, const struct control *c);
void control_put_hello_ok(struct writer *w, const struct control *c);
void control_put_hello_err(struct writer *w, const struct control *c);

#endif
