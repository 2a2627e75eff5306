/* cmd.h — the subcommands of atlax that are built in. argv[0] is the name of
 * the subcommand. The result is the exit status (atlax/exit.h).
 * Thread: the only one.                                                      */
#ifndef ATLAX_CMD_CMD_H
#define ATLAX_CMD_CMD_H

/* Certificates: the offline way, and how long they last. */
int cmd_pki(int argc, char **argv);
int cmd_cert_ls(int argc, char **argv);
int cmd_signer(int argc, char **argv);

/* Joining: on the relay's machine, and (join) on the agent's. */
int cmd_relay_up(int argc, char **argv);
int cmd_join(int argc, char **argv);
int cmd_pending(int argc, char **argv);
int cmd_approve(int argc, char **argv);
int cmd_reject(int argc, char **argv);

/* Taking a relay out of service. */
int cmd_relay_drain(int argc, char **argv);
int cmd_relay_upgrade(int argc, char **argv);

/* All that it has on the disk. */
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);

/* Changing a relay that runs. */
int cmd_plan(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_apply(int argc, char **argv);

/* On the agent's machine: a port for a while. */
int cmd_expose(int argc, char **argv);

/* Taking it away again. */
int cmd_revoke(int argc, char **argv);
int cmd_voucher(int argc, char **argv);
int cmd_voucher_ls(int argc, char **argv);
int cmd_voucher_rm(int argc, char **argv);
int cmd_revoke_undo(int argc, char **argv);
int cmd_revoke_ls(int argc, char **argv);

/* Who did what. */
int cmd_audit_verify(int argc, char **argv);
int cmd_audit_tail(int argc, char **argv);

/* Looking. */
int cmd_status(int argc, char **argv);
int cmd_logs(int argc, char **argv);
int cmd_dashboard(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_streams(int argc, char **argv);
int cmd_kick(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

/* For shells. */
int cmd_completion(int argc, char **argv);

#endif
