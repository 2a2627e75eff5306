/* rcu.h — liburcu's QSBR flavour, the only file that includes it. The rules:
 *  1. Only control publishes and waits for readers; it is not a reader itself.
 *  2. A worker is online except while it sleeps (rcu_sleep, rcu_awake around
 *     the wait), and says so once per turn (rcu_quiescent).
 *  3. What is found is copied; no pointer is kept beyond the function.
 *  4. Threads start after any fork; no mutex is held across rcu_wait_readers.
 * liburcu's atomics are invisible to ThreadSanitizer; the annotations here say
 * what they order. Thread: as each function says.                            */
#ifndef ATLAX_RELAY_RCU_H
#define ATLAX_RELAY_RCU_H

#include <stdint.h>

#include <urcu/urcu-qsbr.h>

#if defined(__SANITIZE_THREAD__)
#define RCU_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RCU_TSAN 1
#endif
#endif
#ifdef RCU_TSAN
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define RCU_ACQUIRE(p) __tsan_acquire((void *)(uintptr_t)(p))
#define RCU_RELEASE(p) __tsan_release((void *)(uintptr_t)(p))
#else
#define RCU_ACQUIRE(p) ((void)(p))
#define RCU_RELEASE(p) ((void)(p))
#endif

/* Thread: worker, before and after everything else. */
static inline void
rcu_reader_begin(void)
{
	urcu_qsbr_register_thread();
}

static inline void
rcu_reader_end(void *domain)
{
	RCU_RELEASE(domain);
	urcu_qsbr_unregister_thread();
}

/* Thread: worker. domain is any address that stands for the protected data. */
static inline void
rcu_quiescent(void *domain)
{
	RCU_RELEASE(domain);
	urcu_qsbr_quiescent_state();
}

static inline void
rcu_sleep(void *domain)
{
	RCU_RELEASE(domain);
	urcu_qsbr_thread_offline();
}

/* Also after a turn that did not sleep. A reader that is online must not be put
 * online again: liburcu would take over the new grace period without waking
 * control, which waits for it, and rcu_quiescent would find nothing to tell. */
static inline void
rcu_awake(void)
{
	if (!urcu_qsbr_read_ongoing())
		urcu_qsbr_thread_online();
}

/* Thread: worker. Reads a published pointer; copy what it points at before the
 * function returns.                                                          */
#define rcu_read(p) ({ \
	__typeof__(p) rcu_p_ = rcu_dereference(p); \
	RCU_ACQUIRE(rcu_p_); \
	rcu_p_; \
})

/* Thread: control. Publishes v in p. */
#define rcu_publish(p, v) do { \
	RCU_RELEASE(v); \
	rcu_set_pointer(&(p), (v)); \
} while (0)

/* Thread: control. Returns when no reader can still see what was unpublished
 * before the call.                                                           */
static inline void
rcu_wait_readers(void *domain)
{
	urcu_qsbr_synchronize_rcu();
	RCU_ACQUIRE(domain);
}

#endif
