/*
 * Allocations that fail (doc/decisions/019). Each input is read twice: as it
 * is, which counts the allocations of libcrypto and of ours, and again with one
 * of them refused, or that one and all behind it. Then the reader must refuse,
 * or end the process by fatal(), or have found exactly the same as before; the
 * sanitizers watch for memory that is touched after its end or never freed.
 *
 * The linker sends calloc(), realloc(), exit() and log_alarm() of everything
 * here through this file; libcrypto offers a hook of its own.
 */
#include "fuzz.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <signal.h>

#include "forget.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAKS 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LEAKS 1
#endif
#ifdef LEAKS
#include <sanitizer/lsan_interface.h>
/* Of sanitizer/allocator_interface.h, which gcc has in its library alone. */
int __sanitizer_get_ownership(const volatile void *p);
size_t __sanitizer_get_allocated_size(const volatile void *p);
#endif

#define LIVE_MAX    65536 /* allocations of one input that are known */
#define ALL_MAX	    24	  /* failures tried for one input, spread over all */
/* What a process leaves behind at its end stays here: no more octets than the fuzzer
 * has room for (libFuzzer's limit is 2 GiB), with what the sanitizer puts around each
 * allocation. Then the next process goes on, see full(). */
#define LEFT_MAX    (UINT64_C(1) << 30)
#define LEFT_AROUND 64

bool faults_all;
unsigned long inputs_accepted, inputs_read_once;

/* Inputs that this process has read, those that allocate, and of these those that
 * were read again with a failing allocation. */
static struct {
	unsigned long all, allocate, twice;
} runs;

static struct {
	bool on;	/* an input is being read */
	unsigned count; /* allocations since then */
	unsigned fail;	/* the one that fails; 0 = none */
	bool lasting;	/* all behind it fail, too */
	unsigned ends;	/* of the process, caught so far */
	uint64_t left;	/* octets that they left */
	void *live[LIVE_MAX];
	unsigned live_len;
	uint64_t digest;
	jmp_buf end;
} f;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
_Noreturn void __real_exit(int status);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
_Noreturn void __wrap_exit(int status);
void __wrap_log_alarm(const char *event, const char *format, ...);

static bool
fails(void)
{
	if (!f.on)
		return false;
	f.count++;
	return f.fail != 0 &&
	    (f.lasting ? f.count >= f.fail : f.count == f.fail);
}

static void *
known(void *p)
{
	if (f.on && f.live_len < LIVE_MAX)
		f.live[f.live_len++] = p;
	return p;
}

/* Ours never calls malloc(); the targets do, and theirs does not fail. */
void *
__wrap_malloc(size_t size)
{
	return known(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : known(__real_calloc(count, size));
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : known(__real_realloc(p, size));
}

static void *
crypto_new(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size == 0 || fails() ? NULL : known(__real_malloc(size));
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void *
crypto_resize(void *p, size_t size, const char *file, int line)
{
	if (size == 0) {
		crypto_free(p, file, line);
		return NULL;
	}
	return fails() ? NULL : known(__real_realloc(p, size));
}

__attribute__((constructor)) static void
crypto_hook(void)
{
	require(
	    CRYPTO_set_mem_functions(crypto_new, crypto_resize, crypto_free));
}

/* An end without a fault is a fault of its own: no input ends a process. */
void
__wrap_exit(int status)
{
	if (!f.on)
		__real_exit(status);
	require(f.fail != 0 && f.count >= f.fail);
	f.on = false;
#ifdef LEAKS
	while (f.live_len > 0) {
		void *p = f.live[--f.live_len];

		if (__sanitizer_get_ownership(p))
			f.left +=
			    __sanitizer_get_allocated_size(p) + LEFT_AROUND;
		__lsan_ignore_object(p);
	}
#endif
	f.ends++;
	longjmp(f.end, 1);
}

void
__wrap_log_alarm(const char *event, const char *format, ...)
{
	require(f.on && f.fail != 0);
	(void)event;
	(void)format;
}

static uint64_t
read_watched(const uint8_t *bytes, size_t len, unsigned fail)
{
	forget();
	f.digest = 0;
	f.fail = fail;
	f.count = f.live_len = 0;
	f.on = true;
	if (setjmp(f.end) == 0)
		f.digest = input_read(bytes, len);
	f.on = false;
	ERR_clear_error();
	return f.digest;
}

static void
fail_once(const uint8_t *bytes, size_t len, unsigned fail, uint64_t plain)
{
	uint64_t digest = read_watched(bytes, len, fail);

	require(digest == 0 || digest == plain);
}

bool
oracle_begin(void)
{
	if (f.fail != 0)
		return false;
	f.on = false;
	return true;
}

void
oracle_end(void)
{
	ERR_clear_error(); /* which may allocate */
	f.on = true;
}

uint64_t
digest_add(uint64_t digest, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	while (len-- > 0)
		digest = (digest ^ *p++) * UINT64_C(0x100000001b3);
	return digest == 0 ? 1 : digest;
}

__attribute__((destructor)) static void
runs_print(void)
{
	static bool done;

	if (!done && !faults_all)
		fprintf(stderr,
		    "faults: %lu runs, %lu with allocations, %lu of these read "
		    "twice; %u ends left %llu octets\n",
		    runs.all, runs.allocate, runs.twice, f.ends,
		    (unsigned long long)f.left);
	done = true;
}

/*
 * No end fits in here any more. libFuzzer is asked to end this process, with its
 * last line, and ./dev fuzz begins the next one. Where nobody waits for the signal,
 * what is left is read once and counted: AFL++ is told how many inputs a process
 * reads, the replay fails.
 */
static bool
full(void)
{
	struct sigaction a;

	if (f.left <= LEFT_MAX)
		return false;
	if (sigaction(SIGUSR1, NULL, &a) == 0 && a.sa_handler != SIG_DFL) {
		runs_print();
#ifdef LEAKS
		__lsan_do_leak_check(); /* as exit() would */
#endif
		raise(SIGUSR1);
	}
	inputs_read_once++;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint64_t plain = read_watched(bytes, len, 0), drawn;
	unsigned count = f.count, n, step;

#ifdef NEVER_ALLOCATES
	require(count == 0);
#endif
	inputs_accepted += plain != 0;
	runs.all++;
	runs.allocate += count > 0;
	if (count == 0 || full())
		return 0;
	runs.twice++;
	if (!faults_all) {
		drawn = digest_add(ACCEPTED, bytes, len) >> 8;
		f.lasting = drawn & 1;
		fail_once(
		    bytes, len, (unsigned)(drawn >> 1) % count + 1, plain);
		return 0;
	}
	step = (count + ALL_MAX - 1) / ALL_MAX;
	for (n = 1; n <= count; n += step) {
		f.lasting = (n / step) & 1;
		fail_once(bytes, len, n, plain);
	}
	return 0;
}
