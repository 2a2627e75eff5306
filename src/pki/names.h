/* names.h — the names people type, checked, in the form that goes into a
 * certificate. Thread: any.                                                  */
#ifndef ATLAX_PKI_NAMES_H
#define ATLAX_PKI_NAMES_H

#include "base/err.h"
#include "parse/identity.h"

/* A subjectAltName: one GeneralName. */
#define SAN_DNS 0x82
#define SAN_URI 0x86
#define SAN_IP  0x87
#define SAN_MAX 253

struct san {
	uint8_t tag, len;
	uint8_t bytes[SAN_MAX];
};

/* TENANT or TENANT/AGENT. */
struct agent_name {
	char text[2 * (IDENTITY_LABEL_MAX + 1)]; /* as typed */
	char tenant[IDENTITY_LABEL_MAX + 1];
	char agent[IDENTITY_LABEL_MAX + 1]; /* empty: none was typed */
	struct san uri; /* atlax://TENANT[/AGENT] */
};

/* Fails: AX_E_RANGE with what is wrong; out is then undefined. */
AX_CHECKED int
agent_name_parse(const char *in, struct agent_name *out, struct err *e);

/* NAME of an operator: it stands in all three, the URI is atlax-operator://NAME.
 * Fails: as agent_name_parse.                                                */
AX_CHECKED int
operator_name_parse(const char *in, struct agent_name *out, struct err *e);

/* Where agents reach a relay: DNS names and IP addresses. */
#define RELAY_NAMES_MAX  16
#define RELAY_NAMES_TEXT 512

struct relay_names {
	struct san list[RELAY_NAMES_MAX];
	size_t n;
	char text[RELAY_NAMES_TEXT]; /* canonical, separated by commas */
};

/* Appends the names in a comma-separated list; start with a zeroed struct. A
 * name that is there already is not repeated. Fails: AX_E_RANGE.             */
AX_CHECKED int
relay_names_add(struct relay_names *out, const char *list, struct err *e);

#endif
