/* elsewhere.c — what control and workers of the real relay call that this world does
 * not have: files, administration, enrolment. Nothing here is imitated: what must not
 * happen stops the run. Thread: main.                                        */
#include "relay/audit.h"
#include "relay/enrolment.h"
#include "relay/operators.h"
#include "relay/quotas.h"
#include "relay/relay.h"
#include "relay/reload.h"
#include "agent/anchors.h"
#include "relay/anchors.h"
#include "relay/renewals.h"
#include "relay/revoke.h"
#include "relay/seen.h"
#include "relay/status.h"
#include "relay/upgrade.h"
#include "relay_side.h"
#include "world.h"

#define NEVER_HERE(text) world_check(false, "not in this world: %s", text)

void
status_fill(struct worker *w AX_UNUSED, struct status_part *part AX_UNUSED)
{
	NEVER_HERE("status_fill");
}

void
status_part(struct relay *r AX_UNUSED, struct status_part *part AX_UNUSED)
{
	NEVER_HERE("status_part");
}

void
status_answered(struct relay *r AX_UNUSED)
{
	NEVER_HERE("status_answered");
}

int
control_open_port(const struct conf_relay *c AX_UNUSED, struct public_port *p AX_UNUSED,
    struct err *e AX_UNUSED)
{
	NEVER_HERE("control_open_port"); /* nothing is granted */
}

void
reload_signal(struct relay *r AX_UNUSED)
{
	NEVER_HERE("reload_signal");
}

void
reload_done(struct relay *r AX_UNUSED)
{
	NEVER_HERE("reload_done");
}

void
renewal_ask(struct tunnel *t AX_UNUSED, struct slice request AX_UNUSED)
{
	NEVER_HERE("renewal_ask");
}

void
renewal_answer(struct worker *w AX_UNUSED, struct renewal_job *job AX_UNUSED)
{
	NEVER_HERE("renewal_answer");
}

void
renewal_drop(struct renewal_job **job AX_UNUSED)
{
	NEVER_HERE("renewal_drop");
}

void
renewals_queue(struct relay *r AX_UNUSED, struct renewal_job *job AX_UNUSED)
{
	NEVER_HERE("renewals_queue");
}

void
enrolment_renew(struct relay *r AX_UNUSED)
{
	NEVER_HERE("enrolment_renew");
}

void
operators_renew(struct relay *r AX_UNUSED)
{
	NEVER_HERE("operators_renew");
}

void
revoke_read_again(struct relay *r AX_UNUSED)
{
	NEVER_HERE("revoke_read_again");
}

void
revoke_alarm(struct relay *r AX_UNUSED, enum revoke_what what AX_UNUSED,
    const struct err *e AX_UNUSED)
{
}

bool
revoke_has_alarm(const struct relay *r AX_UNUSED, enum revoke_what what AX_UNUSED)
{
	return false;
}

void
revoke_crl_looked_at(struct relay *r AX_UNUSED, const char *crl AX_UNUSED)
{
}

void
revoke_crl_taken(struct relay *r AX_UNUSED, enum revoke_what what AX_UNUSED,
    const struct tls_ctx *tls AX_UNUSED)
{
}

void
revoke_done(struct relay *r AX_UNUSED, const struct msg *m AX_UNUSED)
{
	relay_side.denials++;
}

void
upgrade_paused(struct relay *r AX_UNUSED)
{
	if (relay_side.now->pauses)
		relay_side.now->paused++;
}

/* A drain gives it up. */
void
upgrade_end(struct relay *r AX_UNUSED)
{
	relay_side.now->pauses = false;
	relay_side.now->paused = 0;
}

unsigned
relay_workers(const struct conf_relay *conf)
{
	return conf->workers;
}

/* --- trust bundles: no file is read here ------------------------------------------- */

bool
anchors_is_able(void)
{
	return false;
}

void
anchors_tell(struct uplink *u AX_UNUSED)
{
}

void
anchors_take(struct uplink *u AX_UNUSED, struct slice bundle AX_UNUSED)
{
	NEVER_HERE("anchors_take");
}

int
anchors_vouch(const struct conf_agent *c AX_UNUSED, struct slice cert AX_UNUSED,
    struct err *e AX_UNUSED)
{
	NEVER_HERE("anchors_vouch");
	return AX_E_NOTFOUND;
}

void
anchors_read(struct relay *r AX_UNUSED)
{
}

void
anchors_change(struct worker *w AX_UNUSED, struct anchors *a AX_UNUSED)
{
	NEVER_HERE("anchors_change");
}

void
anchors_offer(struct tunnel *t AX_UNUSED)
{
	NEVER_HERE("anchors_offer");
}

void
anchors_unref(struct anchors **a AX_UNUSED)
{
}

/* Nobody writes down what happens here. */
void
seen_up(struct relay *r AX_UNUSED, uint32_t tenant AX_UNUSED,
    const char *agent AX_UNUSED, const char *address AX_UNUSED)
{
}

void
seen_down(struct relay *r AX_UNUSED, uint32_t tenant AX_UNUSED,
    const char *agent AX_UNUSED, const char *why AX_UNUSED, uint16_t code AX_UNUSED)
{
}

void
audit_write(struct relay *r AX_UNUSED, const char *event AX_UNUSED,
    const struct log_field *fields AX_UNUSED, size_t n AX_UNUSED)
{
}

bool
audit_may(struct relay *r AX_UNUSED, uint64_t more AX_UNUSED, uint64_t *left_out)
{
	*left_out = 0;
	return false;
}

void
audit_signal(struct relay *r AX_UNUSED, int signo AX_UNUSED)
{
}

void
audit_certificates(struct relay *r AX_UNUSED, const struct conf_relay *c AX_UNUSED,
    const struct err *e AX_UNUSED)
{
}

void
audit_crl(struct relay *r AX_UNUSED, const struct err *e AX_UNUSED)
{
}

/* --- what goes along in an upgrade beside tunnels ------------------------------------ */

void
enrolment_frost(struct relay *r AX_UNUSED, struct frost *f AX_UNUSED)
{
}

void
status_frost(struct relay *r AX_UNUSED, struct frost *f AX_UNUSED)
{
}

void
quotas_frost(struct relay *r AX_UNUSED, struct frost *f AX_UNUSED)
{
	/* What is used here is judged by nobody. */
}
