/* audit.h — the relay's audit trail: what operators did, and what has to do with who
 * somebody is (doc/AUDIT). A file that cannot be written is an alarm and stops
 * nothing; what is missing is counted. Thread: control, for all.             */
#ifndef ATLAX_RELAY_AUDIT_H
#define ATLAX_RELAY_AUDIT_H

#include "relay/control.h"

struct admin_decision;
struct admin_request;
struct admin_who;

/* Opens audit.file. Thread: boot. Fails: AX_E_SYS, AX_E_CONFIG, AX_E_NOMEM. */
AX_CHECKED int audit_begin(struct relay *r, struct err *e);
void audit_end(struct relay *r); /* the last line */
void audit_started(struct relay *r); /* the first */
/* The file may have been renamed. */
void audit_reopen(struct relay *r);

/* A line, with fields as in the log. */
void audit_write(
    struct relay *r, const char *event, const struct log_field *fields, size_t n);
#define audit_note(r, event, ...) do { \
	const struct log_field audit_f_[] = { { .kind = LOG_END }, ##__VA_ARGS__ }; \
	audit_write((r), (event), audit_f_ + 1, ARRAY_LEN(audit_f_) - 1); \
} while (0)
/* The same of something that anybody can make happen: at most AUDIT_RATE lines a
 * second, the others are counted in "left_out" of the next one; and more of them. */
#define AUDIT_RATE 10u
#define audit_stranger(r, more, event, ...) do { \
	uint64_t audit_n_; \
	if (audit_may((r), (more), &audit_n_)) \
		audit_note((r), (event), ##__VA_ARGS__, LOG_U64("left_out", audit_n_)); \
} while (0)
bool audit_may(struct relay *r, uint64_t more, uint64_t *left_out);

/* Who sent the signal. */
void audit_signal(struct relay *r, int signo);
/* What doc says, JSON on one line; empty: nothing is known of it. */
void audit_document(struct relay *r, const char *event, const char *doc);
/* A certificate (DER) was made. */
void audit_certificate(struct relay *r, const char *event, struct slice cert);
/* Certificates and keys that c names, and the revocation list, were read; e: refused. */
void audit_certificates(
    struct relay *r, const struct conf_relay *c, const struct err *e);
void audit_crl(struct relay *r, const struct err *e);

/* Of struct admin_ops. */
void audit_decided(struct relay *r, const struct admin_decision *d);
void audit_entered(struct relay *r, const struct admin_who *who, const char *why);
void audit_show(struct relay *r, struct admin_request *req);

#endif
