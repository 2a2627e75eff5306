/* judge.h — what must hold inside of relay and agents, whatever happens. Thread: main. */
#ifndef ATLAX_TESTS_WORLD_JUDGE_H
#define ATLAX_TESTS_WORLD_JUDGE_H

#include "proto/session.h"
#include "conf/conf.h"

/* At any time between two turns. */
void judge_now(void);
/* When nothing goes through the relay any more; agents may be up. */
void judge_idle(void);
/* A session that runs under c; NULL: none. whose: for the report. */
void judge_session(struct session *s, const struct conf_tunnel *c, const char *whose);
/* How often it looked, since the program began. */
uint64_t judge_count(void);

#endif
