/* error.h — codes that travel in CLOSE, HELLO_ERR, GOAWAY and RESET, and those of
 * CERTIFICATE. X-macro: AX_WIRE_ERRORS(X) expands X(name, number, text).      */
#ifndef ATLAX_ERROR_H
#define ATLAX_ERROR_H

/* Why there is no new certificate, in CERTIFICATE; X(name, number, text). */
#define AX_RENEW_REFUSALS(X) \
	X(MALFORMED, 1, "it does not understand the request") \
	X(FOREIGN, 2, "the request is not for this agent's certificate and a new key") \
	X(UNKNOWN, 3, "the CA has not issued the certificate, or has revoked it") \
	X(EARLY, 4, "the certificate is too young to be renewed") \
	X(BUSY, 5, "too many ask at once") \
	X(AWAY, 6, "its signer does not answer") \
	X(FAILED, 7, "its signer cannot make a certificate") \
	X(LATE, 8, "it has expired for too long; join again")

enum ax_renew_refusal {
#define AX_RENEW_REFUSAL(name, number, text) AX_RENEW_##name = number,
	AX_RENEW_REFUSALS(AX_RENEW_REFUSAL)
#undef AX_RENEW_REFUSAL
};

#define AX_CONNECTION_ERRORS(X) \
	X(NO_ERROR, 0, "no error") \
	X(PROTOCOL, 1, "protocol violation") \
	X(INTERNAL, 2, "internal error") \
	X(FLOW_CONTROL, 3, "flow control violated") \
	X(FRAME_SIZE, 4, "frame of an illegal size") \
	X(STREAM_ID, 5, "illegal stream id") \
	X(STREAM_LIMIT, 6, "too many streams") \
	X(VERSION, 7, "no common protocol version") \
	X(AUTH_REVOKED, 8, "certificate revoked") \
	X(AUTH_EXPIRED, 9, "certificate expired") \
	X(AUTH_IDENTITY, 10, "identity not accepted") \
	X(UNKNOWN_SESSION, 11, "unknown session") \
	X(RESUME_REJECTED, 12, "resume rejected") \
	X(RESUME_GAP, 13, "resume is not possible: bytes are missing") \
	X(ENHANCE_CALM, 14, "too much noise") \
	X(DRAINING, 15, "going away") \
	X(HELLO_TIMEOUT, 16, "no HELLO in time") \
	X(KEEPALIVE, 17, "no sign of life") \
	X(REPLACED, 18, "replaced by a newer connection") \
	X(RESOURCE, 19, "out of resources") \
	X(CONFIG_REMOVED, 20, "removed from the configuration")

#define AX_STREAM_ERRORS(X) \
	X(CANCEL, 0x100, "cancelled") \
	X(REFUSED, 0x101, "unknown service") \
	X(CONN_REFUSED, 0x102, "connection refused by the service") \
	X(CONN_TIMEOUT, 0x103, "connection to the service timed out") \
	X(UNREACHABLE, 0x104, "service unreachable") \
	X(LOCAL_RESET, 0x105, "connection reset") \
	X(LOCAL_IO, 0x106, "local I/O error") \
	X(IDLE, 0x107, "idle for too long") \
	X(OVERLOAD, 0x108, "overload") \
	X(SESSION_LOST, 0x109, "session lost") \
	X(ACL, 0x10A, "not allowed") \
	X(RESET_ACK, 0x10B, "reset acknowledged") \
	X(FINAL_OFFSET, 0x10C, "final offset does not match")

#define AX_WIRE_ERRORS(X) AX_CONNECTION_ERRORS(X) AX_STREAM_ERRORS(X)

enum ax_wire_error {
#define AX_WIRE_ERROR_ENUM(name, number, text) AX_WIRE_##name = number,
	AX_WIRE_ERRORS(AX_WIRE_ERROR_ENUM)
#undef AX_WIRE_ERROR_ENUM
};

#endif
