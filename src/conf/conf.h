/* conf.h — what the configuration files say, checked and complete. Parser,
 * defaults, --check, --dump and the manual come from one table (schema.def).
 * Paths are absolute here (relative ones are relative to the file).
 * A configuration is immutable; threads may read it freely.                  */
#ifndef ATLAX_CONF_CONF_H
#define ATLAX_CONF_CONF_H

#include <stdio.h>

#include "base/err.h"

enum conf_log_format { CONF_LOG_TEXT, CONF_LOG_JSON };
enum conf_policy { CONF_POLICY_NEWEST, CONF_POLICY_LEAST_LOADED };
enum conf_duplicates { CONF_DUPLICATES_REPLACE, CONF_DUPLICATES_BALANCE };

struct conf_log {
	int level;  /* enum log_level: 0 error .. 3 debug */
	int format; /* enum conf_log_format */
};

struct conf_limits { /* of one tenant, and (relay.limits) of all together */
	uint32_t agents;
	uint32_t streams;
	uint32_t connections_per_second; /* public connections; 0: no limit */
	uint64_t memory;		 /* bytes; 0 (relay only): auto */
	uint64_t quota; /* bytes in a month, of a tenant only; 0: no limit */
};

struct conf_ban { /* of a source that was refused time and again */
	uint32_t after; /* refusals; 0: never */
	uint64_t for_ms;
};

struct conf_per_source { /* what one source may do at a port; 0: no limit */
	uint32_t connections, connections_per_second;
	struct conf_ban ban;
};

struct conf_bandwidth { /* bytes a second; 0: no limit */
	uint64_t up, down; /* to the service, to its visitors */
};

struct conf_grant { /* ports that agents may open; see grant.h */
	char *listen; /* "0.0.0.0:40000-40099" */
	char *agent;  /* the only one that may; NULL: each */
	char **allow, **deny; /* as of a service */
	size_t n_allow, n_deny;
};

struct conf_service { /* relay: a public port */
	char *name;
	char *listen; /* "0.0.0.0:18080", "[::]:80" */
	char **allow, **deny; /* ranges of addresses; see relay/sources.h */
	size_t n_allow, n_deny;
	struct conf_per_source per_source;
	struct conf_bandwidth bandwidth;
	const struct conf_grant *grant; /* its tenant's; NULL: the file lists it */
	bool gone;    /* an empty place, see change.h: only the name is left */
};

struct conf_tenant {
	char *name;
	int policy; /* enum conf_policy: which agent gets a new connection */
	int duplicates; /* enum conf_duplicates: of two machines with one name */
	struct conf_limits limits;
	struct conf_bandwidth bandwidth;
	struct conf_service *services;
	size_t n_services;
	struct conf_grant *grants;
	size_t n_grants;
	bool gone; /* as of a service */
};

struct conf_tunnel { /* both sides: how a tunnel behaves */
	uint64_t heartbeat_ms;	/* 15 s; 5 s..30 s */
	uint64_t dead_after_ms;	/* silence after an unanswered ping: 10 s */
	uint64_t resume_ms;	/* streams wait for a lost connection: 60 s; 0: no */
	uint64_t ring;		/* replay ring per session at most: 4 MiB */
	uint64_t budget;	/* receive credit per session beyond initial windows:
				 * 8 MiB, agent 32 MiB */
	uint64_t window;	/* initial credit per stream: 16 KiB */
};

struct conf_enrol { /* relay: where agents ask for their certificate */
	char *listen;	 /* NULL: nowhere */
	char *relay_ca;	 /* who signed the relay's certificate */
	uint64_t ttl_ms; /* how long a request waits */
	int vouchers;	 /* 0: off */
};

struct conf_operators { /* relay: where operators manage from elsewhere */
	char *listen;	 /* NULL: nowhere */
	char *ca, *crl;	 /* who signed their certificates, and whose are not good */
};

struct conf_relay {
	char *file;		/* where it came from */
	char *listen;		/* for agents */
	uint32_t workers;	/* 0: auto, one per core */
	uint32_t lanes;		/* tunnels of an agent at once, at most */
	uint32_t lane_load;	/* per cent: for one more its workers are so busy */
	uint64_t drain_ms;
	uint64_t wait_ms;	/* a client waits for its agent: 5 s */
	char *state;		/* directory; NULL: see relay/revoke.h */
	int sandbox;		/* 0: on */
	struct conf_per_source per_source; /* at the agents' port */
	struct conf_limits limits;
	struct conf_tunnel tunnel;
	char *certificate, *key, *agent_ca, *crl;
	char *signer;		/* socket of atlax signer; NULL: nobody renews */
	struct conf_enrol enrol;
	char *admin_socket;
	char *admin_metrics; /* where to listen; NULL: nowhere */
	char *admin_dashboard; /* the same */
	struct conf_operators operators;
	char *audit_file; /* NULL: in the state directory */
	struct conf_tenant *tenants;
	size_t n_tenants;
	struct conf_log log;
};

struct conf_target { /* agent: what it lends */
	char *name;
	char *target;		 /* "127.0.0.1:3000", "[::1]:22", "unix:/path" */
	uint64_t dial_timeout_ms; /* 5 s */
	uint32_t max_dials;	  /* at once: 64 */
};

struct conf_agent {
	char *file;
	char **relays;	/* "host:port", tried in order */
	size_t n_relays;
	struct conf_tunnel tunnel;
	uint64_t retry_min_ms, retry_max_ms; /* 250 ms, 30 s */
	uint32_t enrol_port;		     /* of the relays: 8444; 0: never */
	uint32_t lanes;			     /* tunnels at once, at most: 4 */
	uint32_t max_streams;		     /* 4096 */
	char *socket; /* where atlax expose asks */
	char *kept;   /* file; NULL: see agent/exposer.c */
	int sandbox; /* 0: on */
	char *certificate, *key, *relay_ca;
	struct conf_target *services;
	size_t n_services;
	struct conf_log log;
};

struct conf_remote { /* atlax: which relay it manages from elsewhere */
	char *file;
	char *relay; /* "host:port" */
	char *certificate, *key, *ca;
};

/* Read and check everything that can be checked without starting: syntax,
 * unknown and duplicate keys (with a hint), values, duplicate names and ports.
 * Files named in it are not opened. Thread: any. Owns: the result is the
 * caller's. Fails: AX_E_CONFIG, AX_E_SYNTAX ("file:line:column: what; what to do"),
 * AX_E_SYS, AX_E_NOMEM.                                                      */
AX_CHECKED int conf_relay_load(const char *path, struct conf_relay **out, struct err *e);
AX_CHECKED int conf_agent_load(const char *path, struct conf_agent **out, struct err *e);
void conf_relay_free(struct conf_relay **c);
void conf_agent_free(struct conf_agent **c);
/* The same for remote.yaml. */
AX_CHECKED int conf_remote_load(const char *path, struct conf_remote **out, struct err *e);
void conf_remote_free(struct conf_remote **c); /* accepts NULL */
/* tunnel.resume as the protocol has it: whole seconds, 0 only if it is off. */
uint16_t conf_resume_s(const struct conf_tunnel *c);

/* The effective configuration, defaults included, as YAML that loads again. */
void conf_relay_dump(const struct conf_relay *c, FILE *out);
void conf_agent_dump(const struct conf_agent *c, FILE *out);

/* The table as mdoc(7), for the manual pages. */
void conf_relay_manual(FILE *out);
void conf_agent_manual(FILE *out);

#endif
