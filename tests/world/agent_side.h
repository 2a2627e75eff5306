/* agent_side.h — the agents of the world: real ones, each a process, by their place in
 * the plan. Knows what src/agent/ knows; its users need not. Thread: main.   */
#ifndef ATLAX_TESTS_WORLD_AGENT_SIDE_H
#define ATLAX_TESTS_WORLD_AGENT_SIDE_H

#include "plan.h"

void agents_begin(void); /* none runs yet */
bool agents_run(unsigned i);
bool agents_have_sessions(void); /* all of them */
void agents_start(unsigned i);
void agents_kill(unsigned i); /* -9 */
void agents_stop(unsigned i); /* SIGTERM */
/* Its machine has another address; told: and says so. */
void agents_readdress(unsigned i, bool told);
/* It reads its certificate again. */
void agents_renew(unsigned i);
/* Frees those that have ended. True: one has. */
bool agents_turn(void);
/* What must hold at any time, and when nothing goes through them. */
void agents_judge(bool idle);
void agents_end(void);

#endif
