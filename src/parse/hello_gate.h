/* hello_gate.h — what may reach the TLS library before anybody is proven: the
 * ClientHello that an atlax agent sends, and on the agent the ServerHello that
 * an atlax relay answers; nothing else (doc/THREATS). RFC 8446. Pure, at most
 * GATE_MAX bytes of state. Thread: owner.                                    */
#ifndef ATLAX_PARSE_HELLO_GATE_H
#define ATLAX_PARSE_HELLO_GATE_H

#include "base/err.h"
#include "base/slice.h"

#define GATE_MAX 1205 /* one record: 5 + 1200 */

struct hello_gate {
	uint8_t bytes[GATE_MAX];
	uint16_t len;
};

/* Relay. Takes bytes as they come, until one whole record is there. *used tells
 * how many of in were taken (never past the record). Returns 0: passed, the
 * record is g->bytes[0..len); AX_E_AGAIN: more is needed; AX_E_PEER: refused,
 * reason in e.                                                               */
AX_CHECKED int gate_client_hello(
    struct hello_gate *g, struct slice in, size_t *used, struct err *e);
/* Agent: the same for the relay's first record (ServerHello, not a retry). */
AX_CHECKED int gate_server_hello(
    struct hello_gate *g, struct slice in, size_t *used, struct err *e);

#endif
