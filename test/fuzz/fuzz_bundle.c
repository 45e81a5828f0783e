/*
 * Evidence of a ceremony that came from anywhere, as `ceremony verify` checks it. The
 * input is an octet of switches, then the files of the bundle (given.h); of its journal
 * the acts, a line each: time, verb, subject. A name that begins with | is a pipe's.
 *
 * Each file is held to the plan and to the journal by its hash, which no fuzzer finds.
 * So in these two "@f:NAME" stands for the hash of a file, and "@c:NAME", "@t:NAME" and
 * "@k:NAME" for that of the first certificate in it, of what was signed of that, and
 * of its key; and the manifest may be made here.
 *
 * What is accepted is evidence of these octets: of a bundle where one of them is
 * another, or that has a file more or less, or acts that end early, none is.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ceremony/bundle.h"
#include "envelope/pem.h"
#include "forget.h"
#include "fuzz.h"
#include "given.h"
#include "inside.h"

#define EASY	  1 /* signatures_easy */
#define MANIFEST  2 /* it is made here */
#define REHEARSAL 4

#define JOURNAL	   "journal/00000001.seg"
#define SIGNATURES "acknowledgements"
#define TEXT_MAX   (1 << 16)

static bool rehearsal;

/* --- what was accepted --- */

enum {
	A_KIND, /* and each of them: enum plan_kind */
	AS_IT_IS = A_KIND + PLAN_DESTROY + 1,
	EASILY,
	WITH_SLOTS,
	A_DEVICE_CA,
	A_VOUCHER_SIGNER,
	A_VOID,
	AN_UNFINISHED_REFRESH,
	MET
};
static bool met[MET];

const char *
corpus_lacks(void)
{
	static const char *const names[MET] = { "a ceremony that creates",
		"one that signs", "a refresh", "a drill", "one that destroys",
		"a bundle with a manifest of its own",
		"one with easy signatures", "a list of slots", "an issuing CA",
		"a voucher signer", "a ceremony that is void",
		"a refresh that is void and has made shares" };

	return first_unmet(met, names, MET);
}

/* --- folders; those of others, such as the fuzzer's corpora, are real --- */

/* At most a folder in another one, and none twice. */
static struct cursor {
	char folder[256];
	unsigned next; /* 0 and 1 are the folder itself and its parent */
	struct dirent entry;
} cursors[4];
static unsigned cursors_len;

DIR *__wrap_opendir(const char *path);
DIR *__real_opendir(const char *path);
struct dirent *__wrap_readdir64(DIR *d);
struct dirent *__real_readdir64(DIR *d);
int __wrap_closedir(DIR *d);
int __real_closedir(DIR *d);
int __wrap_dirfd(DIR *d);
int __wrap_fstatat64(int fd, const char *name, struct stat *out, int flags);
int __wrap_lstat64(const char *path, struct stat *out);
int __real_lstat64(const char *path, struct stat *out);

static struct cursor *
cursor_of(DIR *d)
{
	uintptr_t at = (uintptr_t)d, begin = (uintptr_t)cursors;

	return at < begin || at >= begin + sizeof(cursors) ? NULL
							   : (struct cursor *)d;
}

/* The part of name behind folder and "/"; NULL if it does not lie there. */
static const char *
within(const char *folder, const char *name)
{
	size_t len = strlen(folder);

	if (len == 0)
		return name;
	return strncmp(name, folder, len) == 0 && name[len] == '/'
	    ? name + len + 1
	    : NULL;
}

DIR *
__wrap_opendir(const char *path)
{
	const char *folder = given_name(path);
	struct cursor *c;
	bool known;
	unsigned i;

	if (folder == NULL)
		return __real_opendir(path);
	known = folder[0] == '\0';
	for (i = 0; i < given_len; i++)
		known |= within(folder, given[i].name) != NULL;
	if (!known) {
		errno = ENOENT;
		return NULL;
	}
	require(cursors_len < sizeof(cursors) / sizeof(*cursors));
	c = &cursors[cursors_len++];
	snprintf(c->folder, sizeof(c->folder), "%s", folder);
	c->next = 0;
	return (DIR *)c;
}

/* The first file of a folder stands for it. */
static bool
entry_of(struct cursor *c, unsigned n)
{
	const char *rest = within(c->folder, given[n].name), *other;
	size_t len;
	unsigned i;

	if (rest == NULL)
		return false;
	len = strcspn(rest, "/");
	for (i = 0; rest[len] == '/' && i < n; i++) {
		other = within(c->folder, given[i].name);
		if (other != NULL && strncmp(other, rest, len + 1) == 0)
			return false;
	}
	snprintf(
	    c->entry.d_name, sizeof(c->entry.d_name), "%.*s", (int)len, rest);
	return true;
}

struct dirent *
__wrap_readdir64(DIR *d)
{
	struct cursor *c = cursor_of(d);

	if (c == NULL)
		return __real_readdir64(d);
	for (; c->next < given_len + 2; c->next++) {
		if (c->next < 2)
			strcpy(c->entry.d_name, c->next == 0 ? "." : "..");
		else if (!entry_of(c, c->next - 2))
			continue;
		c->next++;
		return &c->entry;
	}
	return NULL;
}

int
__wrap_closedir(DIR *d)
{
	if (cursor_of(d) == NULL)
		return __real_closedir(d);
	require(cursor_of(d) == &cursors[--cursors_len]);
	return 0;
}

int
__wrap_dirfd(DIR *d)
{
	return (int)(cursor_of(d) - cursors);
}

int
__wrap_lstat64(const char *path, struct stat *out)
{
	const char *name = given_name(path), *last = strrchr(path, '/');
	const struct given *g;

	if (name == NULL)
		return __real_lstat64(path, out);
	g = given_find(name);
	memset(out, 0, sizeof(*out));
	last = last == NULL ? path : last + 1;
	out->st_mode = g == NULL ? S_IFDIR : last[0] == '|' ? S_IFIFO : S_IFREG;
	out->st_size = g == NULL ? 0 : (off_t)g->bytes.len;
	return 0;
}

int
__wrap_fstatat64(int fd, const char *name, struct stat *out, int flags)
{
	char path[600];

	require(flags == AT_SYMLINK_NOFOLLOW);
	snprintf(path, sizeof(path), GIVEN_FOLDER "/%s%s%s", cursors[fd].folder,
	    cursors[fd].folder[0] == '\0' ? "" : "/", name);
	return __wrap_lstat64(path, out);
}

/* --- the journal, whose own form fuzz_journal.c reads --- */

enum reason __wrap_journal_verify(const char *dir, struct ledger *out,
    uint64_t *records, record_call call, void *context, struct why *why);
enum reason __wrap_journal_read(const char *dir, uint64_t from,
    record_call call, void *context, struct why *why);

/* "TIME VERB SUBJECT", of what members_act() takes of a record. */
static bool
line_read(struct span line, struct record *r)
{
	const uint8_t *verb = memchr(line.ptr, ' ', line.len), *subject;
	char text[sizeof(r->act.verb) - 9];
	uint64_t when;

	memset(r, 0, sizeof(*r));
	r->kind = RECORD_ACT;
	if (!text_printable(line) || verb == NULL ||
	    (subject = memchr(verb + 1, ' ',
		 (size_t)(line.ptr + line.len - verb) - 1)) == NULL ||
	    !text_uint(span_of(line.ptr, (size_t)(verb - line.ptr)),
		UINT64_C(253402300799), &when) ||
	    !text_copy(text, sizeof(text),
		span_of(verb + 1, (size_t)(subject - verb) - 1)) ||
	    !text_copy(r->act.subject, sizeof(r->act.subject),
		span_of(
		    subject + 1, (size_t)(line.ptr + line.len - subject) - 1)))
		return false;
	snprintf(r->act.verb, sizeof(r->act.verb), "ceremony.%s", text);
	r->time = (int64_t)when;
	return true;
}

static enum reason
lines_read(record_call call, void *context, struct why *why)
{
	const struct given *g = given_find(JOURNAL);
	struct span rest = g == NULL ? span_of("?", 1) : g->bytes, line;
	const uint8_t *end;
	int64_t before = 0;
	struct record r;
	enum reason done = REASON_OK;

	for (; rest.len > 0 && done == REASON_OK;
	     rest = span_of(end + 1, rest.len - line.len - 1)) {
		end = memchr(rest.ptr, '\n', rest.len);
		line = span_of(rest.ptr,
		    end == NULL ? rest.len : (size_t)(end - rest.ptr));
		if (end == NULL || !line_read(line, &r) || r.time < before)
			return why_set(
			    why, REASON_JOURNAL_DAMAGED, -1, "no record");
		before = r.time;
		if (call != NULL)
			done = call(context, &r, line, why);
	}
	return done;
}

enum reason
__wrap_journal_verify(const char *dir, struct ledger *out, uint64_t *records,
    record_call call, void *context, struct why *why)
{
	require(strcmp(dir, GIVEN_FOLDER "/journal") == 0 && call == NULL);
	memset(out, 0, sizeof(*out));
	out->test = rehearsal;
	*records = 1;
	return lines_read(NULL, context, why);
}

enum reason
__wrap_journal_read(const char *dir, uint64_t from, record_call call,
    void *context, struct why *why)
{
	require(strcmp(dir, GIVEN_FOLDER "/journal") == 0 && from == 1);
	return lines_read(call, context, why);
}

/* --- what a fuzzer cannot write --- */

struct text {
	char *ptr; /* TEXT_MAX */
	size_t len;
};

static void
text_add(struct text *t, const void *bytes, size_t len)
{
	if (len > TEXT_MAX - t->len)
		len = TEXT_MAX - t->len;
	memcpy(t->ptr + t->len, bytes, len);
	t->len += len;
}

static void
text_add_hash(struct text *t, struct span bytes)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	char hex[HEX_SIZE(sizeof(hash))];

	SHA256(bytes.ptr, bytes.len, hash);
	hex_encode(hex, span_of(hash, sizeof(hash)));
	text_add(t, hex, strlen(hex));
}

/* What "@KIND:NAME" is of; false if that names nothing. */
static bool
token_find(char kind, const char *name, struct span *out)
{
	static uint8_t der[TEXT_MAX];
	static struct certificate c;
	const struct given *g = given_find(name);
	size_t offset = 0, len;

	if (g == NULL)
		return false;
	*out = g->bytes;
	if (kind == 'f')
		return true;
	if (g->bytes.len > sizeof(der) ||
	    !pem_next(g->bytes, &offset, "CERTIFICATE", der, &len) ||
	    certificate_read(span_of(der, len), &c, NULL) != REASON_OK)
		return false;
	*out = kind == 'c' ? c.der : kind == 't' ? c.tbs : c.spki;
	return true;
}

static void
expand(const char *file, char *room)
{
	struct given *g = given_find(file);
	struct text t = { room, 0 };
	struct span rest, of;
	char name[256];
	size_t len;

	if (g == NULL)
		return;
	for (rest = g->bytes; rest.len > 0;
	     rest = span_of(rest.ptr + len, rest.len - len)) {
		len = 1;
		if (rest.len > 3 && rest.ptr[0] == '@' && rest.ptr[2] == ':') {
			while (3 + len < rest.len && rest.ptr[3 + len] > ' ')
				len++;
			if (text_copy(name, sizeof(name),
				span_of(rest.ptr + 3, len)) &&
			    token_find((char)rest.ptr[1], name, &of)) {
				text_add_hash(&t, of);
				len += 3;
				continue;
			}
			len = 1;
		}
		text_add(&t, rest.ptr, len);
	}
	g->bytes = span_of(room, t.len);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct given *const *)a)->name,
	    (*(struct given *const *)b)->name);
}

static bool
ends_new(const char *name)
{
	size_t len =
	    strlen(strrchr(name, '/') == NULL ? name : strrchr(name, '/') + 1);

	return len > 4 && strcmp(name + strlen(name) - 4, ".new") == 0;
}

/* What a crash leaves in the middle of a write is a file. */
static bool
is_evidence(const struct given *g)
{
	return strcmp(g->name, BUNDLE_MANIFEST) != 0 &&
	    strcmp(g->name, SIGNATURES) != 0 &&
	    within(SIGNATURES, g->name) == NULL && !ends_new(g->name) &&
	    (strcmp(g->name, "journal/lock") != 0 || g->bytes.len > 0);
}

/* As sha256sum(1) writes it. */
static struct span
manifest_make(char *room)
{
	const struct given *sorted[GIVEN_MAX];
	struct text t = { room, 0 };
	unsigned i, n = 0;

	for (i = 0; i < given_len; i++)
		if (is_evidence(&given[i]))
			sorted[n++] = &given[i];
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (i = 0; i < n; i++) {
		text_add_hash(&t, sorted[i]->bytes);
		text_add(&t, "  ", 2);
		text_add(&t, sorted[i]->name, strlen(sorted[i]->name));
		text_add(&t, "\n", 1);
	}
	return span_of(room, t.len);
}

/* --- what must hold --- */

/* Nothing that a terminal obeys instead of showing it (plan_read.c). */
static void
check_tame(const char *shown, size_t len)
{
	static const char *const marks[] = { "\xd8\x9c", "\xe2\x80\x8e",
		"\xe2\x80\x8f", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac",
		"\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7",
		"\xe2\x81\xa8", "\xe2\x81\xa9", "\xe2\x80\xa8", "\xe2\x80\xa9",
		"\xef\xbb\xbf", "\xcd\x8f", "\xe1\xa0\x8e",
		"\xf3\xa0\x80\x81" };
	size_t i;

	if (len == 0)
		return;
	for (i = 0; i < len; i++) {
		require(shown[i] == '\n' ||
		    ((unsigned char)shown[i] >= ' ' && shown[i] != 0x7f));
		require(shown[i] != '\xc2' || i + 1 == len ||
		    (unsigned char)shown[i + 1] >= 0xa0);
	}
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		require(memmem(shown, len, marks[i], strlen(marks[i])) == NULL);
}

static enum reason
verify_quietly(void)
{
	static struct link link;
	struct buf out;
	struct why why;
	enum reason r;

	buf_init(&out, SIZE_MAX);
	r = bundle_verify(GIVEN_FOLDER, &out, NULL, &link, &why);
	buf_free(&out);
	return r;
}

/* The first certificate of certificates/HANDLE.pem, or the last. */
static X509 *
openssl_opens(const char *handle, bool last)
{
	char name[HANDLE_MAX + 32];
	const struct given *g;
	X509 *found = NULL, *next;
	BIO *in;

	snprintf(name, sizeof(name), "certificates/%s.pem", handle);
	require((g = given_find(name)) != NULL);
	in = BIO_new_mem_buf(g->bytes.ptr, (int)g->bytes.len);
	require(in != NULL);
	while ((found == NULL || last) &&
	    (next = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		X509_free(found);
		found = next;
	}
	require(found != NULL);
	BIO_free(in);
	return found;
}

/* Does the journal tell of it, by its hash? */
static bool
journal_names(const X509 *x)
{
	const struct given *journal = given_find(JOURNAL);
	unsigned char hash[SHA256_DIGEST_LENGTH];
	char hex[HEX_SIZE(sizeof(hash))];
	unsigned len;

	require(X509_digest(x, EVP_sha256(), hash, &len) == 1);
	hex_encode(hex, span_of(hash, sizeof(hash)));
	return memmem(journal->bytes.ptr, journal->bytes.len, hex,
		   strlen(hex)) != NULL;
}

static void
names_organization(const struct plan *p, const X509 *x)
{
	char text[200];

	require(X509_NAME_get_text_by_NID(X509_get_subject_name(x),
		    NID_organizationName, text, sizeof(text)) > 0);
	require(strcmp(text, p->organization) == 0);
}

static void
signed_by(X509 *x, X509 *issuer)
{
	require(X509_NAME_cmp(X509_get_issuer_name(x),
		    X509_get_subject_name(issuer)) == 0);
	if (!signatures_easy)
		require(X509_verify(x, X509_get0_pubkey(issuer)) == 1);
}

static void
root_as_planned(const struct plan *p, const struct plan_root *r)
{
	X509 *x = openssl_opens(r->handle, false);

	require(journal_names(x) == (p->kind == PLAN_CREATE));
	require(X509_check_ca(x) == 1);
	require(EVP_PKEY_bits(X509_get0_pubkey(x)) ==
	    (r->type == KEY_P384 ? 384 : 256));
	names_organization(p, x);
	signed_by(x, x);
	X509_free(x);
}

/* For the key of the request, as long and as high as the plan has it. */
static void
item_as_planned(const struct plan *p, const struct plan_item *item)
{
	X509 *x = openssl_opens(item->handle, false),
	     *root = openssl_opens(item->handle, true),
	     *alone = openssl_opens(item->root->handle, false);
	const unsigned char *at = item->der;
	X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)item->der_len);
	int days, seconds;

	require(journal_names(x) && X509_cmp(root, alone) == 0);
	require(X509_check_ca(x) == (item->slot[0] != '\0'));
	require(request != NULL &&
	    EVP_PKEY_eq(X509_get0_pubkey(x), X509_REQ_get0_pubkey(request)) ==
		1);
	require(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(x),
		    X509_get0_notAfter(x)) == 1);
	require(item->days == 0 ? days > 36500 : days == (int)item->days);
	names_organization(p, x);
	signed_by(x, root);
	X509_REQ_free(request);
	X509_free(alone);
	X509_free(root);
	X509_free(x);
}

static void
openssl_agrees(void)
{
	struct plan *p;
	unsigned i;

	require(plan_load(GIVEN_FOLDER "/plan.ini", PLAN_BUNDLE, &p, NULL) ==
	    REASON_OK);
	for (i = 0; i < p->roots_len; i++)
		root_as_planned(p, &p->roots[i]);
	for (i = 0; i < p->items_len; i++)
		item_as_planned(p, &p->items[i]);
	plan_free(p);
}

/* One thing is otherwise, drawn by the input. */
static void
another_refused(uint64_t drawn)
{
	struct given *g = &given[drawn % given_len], before = *g;
	unsigned how = (unsigned)(drawn >> 16) % 4, len = given_len;
	uint8_t *changed = NULL;
	size_t n = before.bytes.len;

	if (how == 0) {
		if (given_add("page-3.txt") == NULL)
			return;
	} else if ((!is_evidence(g) && signatures_easy &&
		       strcmp(g->name, BUNDLE_MANIFEST) != 0) ||
	    ends_new(g->name) || strcmp(g->name, "journal/lock") == 0) {
		return;
	} else if (how == 1 || n == 0) {
		/* A name of the same length that sorts anywhere. */
		g->name[strlen(g->name) - 1] ^= 1;
	} else {
		changed = malloc(n);
		require(changed != NULL);
		memcpy(changed, before.bytes.ptr, n);
		if (how == 2)
			changed[(drawn >> 24) % n] ^=
			    (uint8_t)(1 << (drawn >> 20) % 8);
		g->bytes = span_of(changed, how == 3 ? n - 1 : n);
	}
	require(verify_quietly() != REASON_OK);
	given_len = len;
	*g = before;
	free(changed);
}

/* With a manifest for that, acts that end early are a ceremony that is void. */
static void
cut_off_refused(uint64_t drawn)
{
	static char room[TEXT_MAX];
	struct given *journal = given_find(JOURNAL),
		     *manifest = given_find(BUNDLE_MANIFEST);
	struct span all = journal->bytes, kept = manifest->bytes;
	size_t len = drawn % all.len;

	while (len > 0 && all.ptr[len - 1] != '\n')
		len--;
	journal->bytes.len = len;
	manifest->bytes = manifest_make(room);
	require(verify_quietly() != REASON_OK);
	journal->bytes = all;
	manifest->bytes = kept;
}

static void
accepted_holds(uint64_t drawn)
{
	static char room[TEXT_MAX];

	require(
	    span_eq(manifest_make(room), given_find(BUNDLE_MANIFEST)->bytes));
	openssl_agrees();
	if (drawn % 4 > 0)
		another_refused(drawn >> 2);
	else
		cut_off_refused(drawn >> 2);
}

static void
meet(struct span facts, unsigned switches)
{
	static const char *const kinds[] = { "create", "sign", "refresh",
		"drill", "destroy" };
	char text[40];
	unsigned i;

	for (i = 0; i <= PLAN_DESTROY; i++) {
		snprintf(text, sizeof(text), "\"kind\":\"%s\"", kinds[i]);
		met[A_KIND + i] |=
		    memmem(facts.ptr, facts.len, text, strlen(text)) != NULL;
	}
	met[AS_IT_IS] |= (switches & (EASY | MANIFEST)) == 0;
	met[EASILY] |= signatures_easy;
	met[WITH_SLOTS] |= given_find(BUNDLE_SLOTS) != NULL;
	for (i = 0; i < given_len; i++)
		if (within("requests", given[i].name) != NULL)
			met[given_find(BUNDLE_SLOTS) != NULL
				? A_DEVICE_CA
				: A_VOUCHER_SIGNER] = true;
}

/* As `verify --json` has it: an array, here of one. */
static enum reason
verify(struct buf *out, struct span *facts, struct why *why)
{
	static char json[TEXT_MAX];
	static struct link link;
	struct json_value root;
	struct json_out o;
	enum reason r;

	json_out_open(&o, json, sizeof(json));
	json_begin_array(&o);
	why_clear(why);
	r = bundle_verify(GIVEN_FOLDER, out, &o, &link, why);
	json_end_array(&o);
	require(json_out_span(&o, facts) == WIRE_OK);
	require(json_parse(*facts, &root, NULL) == WIRE_OK);
	check_tame(json, facts->len);
	check_tame(why->text, strlen(why->text));
	if (r != REASON_OK)
		return r;
	require(link.begin <= link.end && link.rehearsal == rehearsal);
	require(link.title[0] != '\0');
	return r;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static char plan[TEXT_MAX], journal[TEXT_MAX], manifest[TEXT_MAX];
	struct given *g;
	struct span facts;
	struct buf out;
	struct why why;
	uint64_t digest = 0;
	enum reason r;

	if (len == 0)
		return 0;
	cursors_len = 0;
	given_read(span_of(bytes + 1, len - 1));
	signatures_easy = (bytes[0] & EASY) != 0;
	rehearsal = (bytes[0] & REHEARSAL) != 0;
	expand("plan.ini", plan);
	expand(JOURNAL, journal);
	if ((bytes[0] & MANIFEST) != 0 &&
	    (g = given_add(BUNDLE_MANIFEST)) != NULL)
		g->bytes = manifest_make(manifest);
	buf_init(&out, SIZE_MAX);
	r = verify(&out, &facts, &why);
	check_tame((const char *)out.ptr, out.len);
	require(r == REASON_OK || why.text[0] != '\0');
	require(
	    given_find(BUNDLE_MANIFEST) != NULL || r == REASON_CEREMONY_VOID);
	if (r == REASON_CEREMONY_VOID) {
		met[A_VOID] = true;
		met[AN_UNFINISHED_REFRESH] |= facts.len > 2 && out.len > 0;
	}
	if (r == REASON_OK) {
		digest = digest_add(ACCEPTED, out.ptr, out.len);
		digest = digest_add(digest, facts.ptr, facts.len);
		meet(facts, bytes[0]);
		if (oracle_begin()) {
			accepted_holds(digest_add(ACCEPTED, bytes, len));
			oracle_end();
		}
	}
	buf_free(&out);
	return digest;
}

#ifdef MUTATE
size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t cap, unsigned seed)
{
	return seed % 4 > 1 || len == 0 || !inside_change(bytes, len, seed)
	    ? LLVMFuzzerMutate(bytes, len, cap)
	    : len;
}
#endif
