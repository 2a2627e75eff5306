/* sandbox.c — capabilities by libcap-ng, system calls by a filter in classic BPF: a tree
 * of comparisons, seccomp(2), without a byte allocated (doc/decisions/0036).
 *
 * Thread: see the header. Invariant: whatever a program does between sandbox_enter and
 * its end, and what the next one needs to start in an upgrade, is on its list.   */
#include "io/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/str.h"

/* --- a call that is refused -------------------------------------------------------- */

/* The filter knows numbers of one kind only, and a handler has to set what the call
 * returns.                                                                   */
#if defined(__x86_64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_X86_64
#define RESULT(c) ((c)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define MACHINE AUDIT_ARCH_AARCH64
#define RESULT(c) ((c)->uc_mcontext.regs[0])
#elif defined(__arm__) && defined(__ARMEL__)
#define MACHINE AUDIT_ARCH_ARM
#define RESULT(c) ((c)->uc_mcontext.arm_r0)
#endif

/* Of the thread that called. The filter says with which error the call is refused. */
static void
on_refused(int signo AX_UNUSED, siginfo_t *info, void *context)
{
	ucontext_t *c = context;
	int was = errno;
	char text[160];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_fmt(&s, "sandbox: refused the system call with the number %d; if this is no "
	    "attack, set sandbox: off and report it\n", info->si_syscall);
	(void)!write(STDERR_FILENO, s.p, s.len);
#ifdef MACHINE
	RESULT(c) = (__typeof__(RESULT(c)))-(long)info->si_errno;
#else
	(void)c;
#endif
	errno = was;
}

/* --- capabilities --------------------------------------------------------------- */

static void
keep_one(unsigned cap, bool has)
{
	if (has) /* ambient: it would be gone in the process that takes over */
		(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED |
		    CAPNG_INHERITABLE | CAPNG_BOUNDING_SET | CAPNG_AMBIENT, cap);
}

void
sandbox_drop(enum sandbox who)
{
	const struct sigaction act = { .sa_sigaction = on_refused,
		.sa_flags = SA_SIGINFO | SA_NODEFER };
	bool files, ports, bounds;

	/* Already: who takes over may be confined from its birth. */
	(void)sigaction(SIGSYS, &act, NULL);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (capng_get_caps_process() < 0)
		return;
	/* Who is root by number alone could not read the files of the user atlax. */
	files = who != SANDBOX_SIGNER && geteuid() == 0 &&
	    capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE);
	ports = who == SANDBOX_RELAY &&
	    capng_have_capability(CAPNG_PERMITTED, CAP_NET_BIND_SERVICE);
	bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	keep_one(CAP_DAC_OVERRIDE, files);
	keep_one(CAP_NET_BIND_SERVICE, ports);
	if (bounds)
		(void)capng_apply(CAPNG_SELECT_BOUNDS);
	(void)capng_apply(CAPNG_SELECT_CAPS);
	(void)capng_apply(CAPNG_SELECT_AMBIENT);
}

/* --- which system calls ------------------------------------------------------------ */

/* Headers may be older than the kernel; from 424 on all machines have one number. */
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

enum { SIGNER = 1 << SANDBOX_SIGNER, AGENT = 1 << SANDBOX_AGENT,
	RELAY = 1 << SANDBOX_RELAY };

/* Memory, time, files, sockets, signals, polling, and the end. */
static const uint32_t common[] = {
	SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_clock_gettime,
	SYS_clock_nanosleep, SYS_gettimeofday, SYS_nanosleep, SYS_getrandom, SYS_read,
	SYS_readv, SYS_pread64, SYS_write, SYS_writev, SYS_pwrite64, SYS_close, SYS_lseek,
	SYS_openat, SYS_fstat, SYS_statx, SYS_faccessat, SYS_faccessat2, SYS_readlinkat,
	SYS_getdents64, SYS_fcntl, SYS_ioctl, SYS_flock, SYS_fsync, SYS_fdatasync,
	SYS_fchmod, SYS_fchmodat, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_unlinkat,
	SYS_ppoll, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_bind, SYS_listen,
	SYS_accept, SYS_accept4, SYS_connect, SYS_shutdown, SYS_sendto, SYS_sendmsg,
	SYS_recvfrom, SYS_recvmsg, SYS_getsockname, SYS_getpeername, SYS_setsockopt,
	SYS_getsockopt, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_restart_syscall, SYS_sched_yield, SYS_uname, SYS_sysinfo,
	SYS_sched_getaffinity, SYS_getcwd, SYS_epoll_create1, SYS_eventfd2, SYS_pipe2,
	SYS_getpid, SYS_gettid, SYS_tgkill, SYS_getuid, SYS_geteuid, SYS_getgid,
	SYS_getegid, SYS_exit, SYS_exit_group,
#ifdef SYS_newfstatat
	SYS_newfstatat,
#endif
#ifdef SYS_open /* machines that are older than the calls that end in "at" */
	SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_chmod, SYS_rename,
	SYS_link, SYS_unlink, SYS_poll, SYS_epoll_wait,
#endif
#ifdef SYS_mmap2 /* 32 bits */
	SYS__llseek, SYS_stat64, SYS_fstat64, SYS_fstatat64, SYS_fcntl64, SYS_sigreturn,
	SYS_clock_gettime64, SYS_clock_nanosleep_time64, SYS_futex_time64,
	SYS_ppoll_time64,
#endif
};

static const uint32_t relay[] = {
	/* threads, and how they wait for each other */
	SYS_clone, SYS_clone3, SYS_set_robust_list, SYS_rseq, SYS_membarrier,
	SYS_sched_setaffinity,
	/* a process that takes over, which is code */
	SYS_execve, SYS_dup3, SYS_memfd_create, SYS_ftruncate, SYS_wait4,
	/* its beginning, and the linker's */
	SYS_set_tid_address, SYS_prlimit64, SYS_prctl, SYS_capget, SYS_capset, SYS_seccomp,
	SYS_signalfd4, SYS_mkdirat, SYS_statfs, SYS_fstatfs, SYS_mprotect,
#ifdef SYS_mmap
	SYS_mmap,
#endif
#ifdef SYS_mmap2
	SYS_mmap2,
#endif
#ifdef SYS_open
	SYS_vfork, SYS_dup2, SYS_mkdir,
#endif
#ifdef SYS_setrlimit
	SYS_setrlimit,
#endif
#ifdef SYS_getrlimit
	SYS_getrlimit,
#endif
#ifdef SYS_ugetrlimit
	SYS_ugetrlimit,
#endif
#ifdef SYS_arch_prctl
	SYS_arch_prctl,
#endif
#ifdef __ARM_NR_set_tls
	__ARM_NR_set_tls,
#endif
};

/* What is allowed with one argument: its bits in mask are value. */
static const struct only {
	uint32_t call;
	uint8_t who; /* bits */
	uint8_t arg;
	uint32_t mask, value;
} only[] = {
	{ SYS_socket, SIGNER | AGENT | RELAY, 0, UINT32_MAX, AF_UNIX },
	{ SYS_socketpair, SIGNER | AGENT | RELAY, 0, UINT32_MAX, AF_UNIX },
	{ SYS_socket, AGENT | RELAY, 0, UINT32_MAX, AF_INET },
	{ SYS_socket, AGENT | RELAY, 0, UINT32_MAX, AF_INET6 },
	{ SYS_socket, AGENT, 0, UINT32_MAX, AF_NETLINK },
	{ SYS_mprotect, SIGNER | AGENT, 2, PROT_EXEC, 0 },
#ifdef SYS_mmap
	{ SYS_mmap, SIGNER | AGENT, 2, PROT_EXEC, 0 },
#endif
#ifdef SYS_mmap2
	{ SYS_mmap2, SIGNER | AGENT, 2, PROT_EXEC, 0 },
#endif
};

/* --- the filter ---------------------------------------------------------------------- */

#define CODE_MAX 512
#define PIECES_MAX 256
/* C libraries expect this of calls that came later. */
#define NEWEST SYS_epoll_pwait2

enum verdict { REFUSED, ALLOWED, ASKED };

/* Call numbers from this one up to the next piece. */
struct piece {
	uint32_t from;
	enum verdict verdict;
};

struct code {
	struct sock_filter at[CODE_MAX];
	size_t n;
};

struct search {
	uint32_t from;
	uint32_t found;
	enum verdict verdict;
};

static void
look(struct search *s, uint32_t call, enum verdict verdict)
{
	if (call >= s->from && call < s->found) {
		s->found = call;
		s->verdict = verdict;
	}
}

/* The lowest call on a list, from s->from on. */
static bool
next_call(enum sandbox who, struct search *s)
{
	s->found = UINT32_MAX;
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		look(s, common[i], ALLOWED);
	for (size_t i = 0; who == SANDBOX_RELAY && i < ARRAY_LEN(relay); i++)
		look(s, relay[i], ALLOWED);
	for (size_t i = 0; i < ARRAY_LEN(only); i++)
		if ((only[i].who >> who & 1) != 0)
			look(s, only[i].call, ASKED);
	return s->found != UINT32_MAX;
}

static size_t
cut(enum sandbox who, struct piece *p)
{
	struct search s = { .from = 0 };
	size_t n = 0;

	p[n++] = (struct piece){ 0, REFUSED };
	for (; next_call(who, &s); s.from = s.found + 1) {
		ax_assert(n + 2 <= PIECES_MAX);
		if (p[n - 1].from == s.found)
			n--; /* nothing is between them */
		if (n == 0 || s.verdict == ASKED || p[n - 1].verdict != ALLOWED)
			p[n++] = (struct piece){ s.found, s.verdict };
		p[n++] = (struct piece){ s.found + 1, REFUSED };
	}
	return n;
}

static void
put(struct code *c, uint16_t op, uint32_t k, uint8_t otherwise)
{
	ax_assert(c->n < CODE_MAX);
	c->at[c->n++] = (struct sock_filter)BPF_JUMP(op, k, 0, otherwise);
}

static void
refuse(struct code *c, uint32_t error)
{
	put(c, BPF_RET | BPF_K, SECCOMP_RET_TRAP | error, 0);
}

static void
allow(struct code *c)
{
	put(c, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0);
}

static void
ask(struct code *c, enum sandbox who, uint32_t call)
{
	for (size_t i = 0; i < ARRAY_LEN(only); i++) {
		const struct only *o = &only[i];

		if (o->call != call || (o->who >> who & 1) == 0)
			continue;
		put(c, BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args) + o->arg * sizeof(uint64_t), 0);
		put(c, BPF_ALU | BPF_AND | BPF_K, o->mask, 0);
		put(c, BPF_JMP | BPF_JEQ | BPF_K, o->value, 1);
		allow(c);
	}
	refuse(c, EPERM);
}

/* Halves until one is left: at most eight comparisons for a call. Kernels from 5.11 on
 * do without them for calls that are always allowed, as long as nothing but numbers is
 * compared (kernel/seccomp.c, seccomp_is_const_allow).                        */
static void
tree(struct code *c, enum sandbox who, const struct piece *p, size_t n)
{
	size_t at = c->n, half = n / 2;

	if (n > 1) {
		put(c, BPF_JMP | BPF_JGE | BPF_K, p[half].from, 0);
		tree(c, who, p, half);
		ax_assert(c->n - at - 1 <= UINT8_MAX);
		c->at[at].jt = (uint8_t)(c->n - at - 1);
		tree(c, who, p + half, n - half);
	} else if (p->verdict == ASKED) {
		ask(c, who, p->from);
	} else if (p->verdict == ALLOWED) {
		allow(c);
	} else {
		refuse(c, p->from > NEWEST ? ENOSYS : EPERM);
	}
}

int
sandbox_enter(enum sandbox who, struct err *e)
{
#ifdef MACHINE
	struct piece pieces[PIECES_MAX];
	struct code c = { .n = 0 };
	struct sock_fprog program = { .filter = c.at };
	long n;

	put(&c, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0);
	put(&c, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 2);
	put(&c, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0);
	put(&c, BPF_JMP | BPF_JA, 1, 0);
	refuse(&c, ENOSYS);
	tree(&c, who, pieces, cut(who, pieces));
	program.len = (unsigned short)c.n;
	/* All threads, or none: then it is the number of one that cannot. */
	n = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (n > 0)
		return err_set(e, AX_E_SYS, "thread %ld has a filter of system calls of its "
		    "own, not this program's", n);
	return n == 0 ? 0 : err_sys(e, "the kernel takes no filter of system calls");
#else
	return err_set(e, AX_E_UNSUPPORTED, "there is no filter of system calls for this "
	    "kind of processor");
#endif
}
