/*
 * The command line `hallmark NOUN VERB` (architecture 7): one file per noun.
 *
 * It starts other programs and talks to the authority. It never decodes a
 * certificate, a request or a voucher: files go to the checker as they are.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/buf.h"
#include "base/config.h"
#include "base/pem.h"
#include "ipc/children.h"
#include "wire/json.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_UNAVAILABLE = 3
};

#define FILE_MAX     65536 /* octets of a file that an operator names */
#define HOME_DEFAULT "/var/lib/hallmark"

struct cli {
	const char *noun, *verb; /* verb NULL: a noun with only one */
	const char *home;	 /* as given; NULL before options_read() */
	bool json, help;
	const char *passphrase_file, *passphrase_fd;
	char **operands; /* what is no option */
	unsigned operands_len;
	const char *const *columns; /* of a table; NULL: every member */
};

/* One of a verb's own options: exactly one of the targets is set. */
struct option_row {
	const char *name;
	const char **text;
	bool *flag;
	bool required;
};

struct verb {
	const char *noun, *verb; /* verb NULL: the noun has only one */
	int (*run)(struct cli *c, int argc, char **argv);
	const char *synopsis, *about;
};

/* --- options.c --- */
/* Reads the options of a verb (rows end with a NULL name) and the common ones;
 * low to high operands must be left. false: usage was told, exit 2. --help is
 * answered here and ends the program. */
bool options_read(struct cli *c, int argc, char **argv,
    const struct option_row *rows, unsigned low, unsigned high);
/* Those in front of the noun; the index of the noun, or -1. Where c->help is set
 * then, nothing may be run. */
int options_common(struct cli *c, int argc, char **argv);
void verb_usage(const struct cli *c, int to_stdout);
/* Prints the reason on stderr; the exit code that belongs to it. */
int refuse(const struct cli *c, enum reason r, const struct why *why);
int usage_error(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- session.c: a conversation with the authority --- */
struct session;
enum session_need { NEED_STORE, NEED_CHECKER, NEED_SIGNER };
/* With the running service; or, if there is none, with programs of our own
 * that hold the home's lock: then the signer needs the passphrase. */
MUST_USE enum reason session_open(const struct cli *c, enum session_need need,
    struct session **out, struct why *why);
/* The same on a home that is being made: always with programs of our own. */
MUST_USE enum reason session_create(const char *home, const struct config *cfg,
    int passphrase, struct session **out, struct why *why);
/* The reply's reason is returned; its spans live until the next call. */
MUST_USE enum reason session_ask(struct session *s,
    const struct message_admin *request, struct message_admin_reply *reply,
    struct why *why);
/* No service runs on that home: the programs and the lock are ours. */
bool session_alone(const struct session *s);
void session_close(struct session *s);
void request_begin(struct message_admin *m, const char *verb);
void request_text(struct message_admin *m, const char *name, const char *value);
void request_bytes(
    struct message_admin *m, const char *name, struct span value);
/* One question and its printed answer: what most verbs are. */
int session_run(const struct cli *c, enum session_need need,
    const struct message_admin *request);
/* The same of a certificate, which is the contents of a file. */
int session_run_file(const struct cli *c, enum session_need need,
    struct message_admin *request, const char *path);
/* One question, whose answer call makes certificates of: printed as PEM. */
typedef enum reason (*pem_call)(
    struct session *s, struct span json, struct buf *pem, struct why *why);
int session_run_pem(
    const struct cli *c, const struct message_admin *request, pem_call call);
/* What most verbs are: operands, and options that are arguments of what is asked
 * under their own names. */
#define FIELDS_MAX   24
#define OPERANDS_MAX 2
struct plain_verb {
	const char *verb;
	enum session_need need;
	const char *operands[OPERANDS_MAX];
	const char *fields[FIELDS_MAX]; /* options; a list has PAGE_FIELDS */
	const char *required;		/* an option that must be there */
	bool some;			/* one option at least */
	/* What a list shows to people, NULL last; NULL: all that it has. */
	const char *const *columns;
};
_Static_assert(OPERANDS_MAX + FIELDS_MAX <= ADMIN_ARGUMENTS_MAX,
    "a verb with all of its options must fit a request");
#define PAGE_FIELDS  "after", "limit"
#define PAGE_OPTIONS "[--after KEY] [--limit N]"
int session_verb(
    struct cli *c, int argc, char **argv, const struct plain_verb *v);
/* --- signatures.c: what two operators sign --- */
struct signatures {
	struct buf texts[END_SIGNATURES];
};
/* The files behind the first operand, as arguments; they borrow from s, which is
 * zero before and freed by the caller. FILE_UNREADABLE. */
MUST_USE enum reason signatures_read(const struct cli *c,
    struct message_admin *m, struct signatures *s, struct why *why);
void signatures_free(struct signatures *s);
/* Says on stderr what is to be done with a statement; more: behind the operands. */
void signatures_wanted(
    const struct cli *c, const char *namespace, const char *more);
/* Every row of a list (its member `list`), page by page, until call refuses.
 * Another question may not be asked meanwhile. */
struct json_value;
typedef enum reason (*row_call)(
    void *context, const struct json_value *row, struct why *why);
MUST_USE enum reason session_pages(struct session *s,
    const struct message_admin *request, const char *list, row_call call,
    void *context, struct why *why);
/* Absolute path of the home, which must be there. */
MUST_USE enum reason home_path(
    const struct cli *c, char out[CONFIG_TEXT], struct why *why);
/* Takes HOME/run/lock; a descriptor, or HOME_LOCKED. */
MUST_USE enum reason home_lock(const char *home, int *lock, struct why *why);

/* --- passphrase.c --- */
/* A sealed memfd: from --passphrase-file, --passphrase-fd or the terminal (asked
 * twice where it is new). ADMIN_ARGUMENT if there is nowhere to ask. */
MUST_USE enum reason passphrase_get(
    const struct cli *c, bool fresh, int *fd, struct why *why);

/* --- tool.c --- */
/* Runs hallmark-PROGRAM and waits; passphrase becomes its descriptor 3. */
MUST_USE enum reason tool_run(const char *program, const char *const *argv,
    int passphrase, struct why *why);
/* The same, with a second one as descriptor 4, and the home's lock, which lasts as long
 * as that program, also where this one is killed; -1: none. TOOL_REFUSED,
 * ADMIN_ARGUMENT, UNAVAILABLE. */
MUST_USE enum reason tool_run_both(const char *program, const char *const *argv,
    int passphrase, int next, int lock, struct why *why);

/* Runs it and takes what it prints on stdout. */
MUST_USE enum reason tool_read(const char *program, const char *const *argv,
    struct buf *out, struct why *why);

/* --- output.c --- */
/* A JSON object as it came (--json), or for people. */
void output_json(const struct cli *c, struct span json);
/* The members of an object for people, without the one of this name. */
void output_others(struct span json, const char *name);
/* The member of an object for people, "-" where it is absent or empty. */
#define CELL_MAX 2048
void output_cell(
    char out[CELL_MAX], const struct json_value *object, const char *name);
/* A string, copied; false if it is none, or too long. Here as above control characters
 * have become "?": what is kept may be printed. */
bool json_copy(const struct json_value *v, char *out, size_t cap);
/* A member that is one. */
bool json_text(struct span json, const char *name, char *out, size_t cap);
/* A member that is a certificate, base64 of DER, in room (CERTIFICATE_MAX octets);
 * false if it is none. */
bool json_certificate(
    const struct json_value *v, uint8_t *room, struct span *der);
/* "certificate" and then "chain" of an object, as PEM; false if it has neither. */
bool output_chain(struct span json, struct buf *pem);

/* --- pem.c --- */
/* Appends the DER of each block CERTIFICATE, or, where there is none, the bytes
 * as they are; false if a block is none, or there is no room. Nothing else in
 * the file (a key!) goes any further. */
bool pem_certificates(struct span text, struct buf *der);
/* The next element (SEQUENCE) of such a row, by its length alone. */
bool der_next(struct span *rest, struct span *one);

/* Each certificate of a file of at most cap octets, PEM or DER, until call refuses.
 * FILE_UNREADABLE; CERTIFICATE_MALFORMED where there is none, or something else
 * behind one. */
typedef enum reason (*certificate_call)(
    void *context, struct span der, struct why *why);
MUST_USE enum reason certificates_each(const char *path, size_t cap,
    certificate_call call, void *context, struct why *why);

/* --- seen.c: which of very many things came before --- */
struct seen {
	struct seen_entry *table; /* owned */
	size_t size, used;
};
enum seen_before { SEEN_NEW, SEEN_SAME, SEEN_OTHER };
/* Both are hashes, of which 8 octets are kept: 21 to 43 octets of memory each, 64
 * while the table grows. The tag is what the key was seen with; not changed if it was seen before. */
enum seen_before seen_add(
    struct seen *s, const uint8_t key[8], const uint8_t tag[8]);
/* The place of the tag, to be read or changed; NULL if it was never seen. */
uint64_t *seen_find(struct seen *s, const uint8_t key[8]);
void seen_free(struct seen *s);

/* --- lint.c, lint_issued.c --- */
struct linting {
	struct cli *c;
	struct children *checker;
	bool quiet; /* certificates without a finding are not told */
	struct seen numbers, serials;
	uint64_t certificates, refused, violations, warnings;
	enum reason first; /* what refused the first one */
	bool gone;	   /* the checker */
};
/* Shows one certificate to the checker, with those among which its issuer is,
 * and prints what is wrong with it. */
void lint_certificate(struct linting *l, const char *name, struct span der,
    struct span issuers, const struct lint_order *order);
/* Everything that is on record (--all-issued). */
MUST_USE enum reason lint_issued(
    struct linting *l, struct span voucher_policy, struct why *why);

/* --- progress.c: a bar on a terminal, for what lasts over a second --- */
struct progress {
	const char *what;
	size_t total;
	int64_t begin, shown;
	bool drawn;
};
void progress_begin(struct progress *p, const char *what, size_t total);
void progress_step(struct progress *p, size_t done);
void progress_end(struct progress *p);

/* --- ca.c --- */
struct ca_plan {
	const char *home;
	const char *purpose, *name, *slot, *algorithm, *succeeds, *factory;
	const char *kinds, *product, *serials; /* policy */
	const char *limit, *first_day, *last_day, *rate, *months, *awake;
	const char *asserts; /* OID for its certificate; NULL = none */
	bool raw;	     /* no root: a placeholder */
	int passphrase;	     /* of the root's key */
	bool made;	     /* out: there is a key, and ceremony/NAME.csr */
};
/* Request, signature by the software root of this home, import. */
MUST_USE enum reason ca_create_with(
    struct session *s, struct ca_plan *p, struct why *why);

/* --- manifest.c --- */
#define MANIFEST_FILE_MAX (80u << 20) /* octets of a file of manifests */
/* A checker of our own, without a home. */
MUST_USE enum reason checker_start(struct children **out, struct why *why);
/* What the checker says of one manifest; *out borrows until the next one. */
MUST_USE enum reason manifest_look(struct children *checker, struct span bytes,
    const struct manifest_facts **out, struct why *why);
/* The manifests of a file, one after another, until call refuses. */
typedef enum reason (*manifest_call)(
    void *context, struct span one, struct why *why);
MUST_USE enum reason manifest_each(
    const char *file, manifest_call call, void *context, struct why *why);

/* --- serve.c --- */
/* "address:port" or "[address]:port" taken apart. ADMIN_ARGUMENT. */
MUST_USE enum reason listen_split(
    const char *text, char host[256], char port[8], struct why *why);

/* --- one per verb --- */
int init_run(struct cli *, int, char **);
int serve_run(struct cli *, int, char **);
int status_run(struct cli *, int, char **);
int clock_confirm_run(struct cli *, int, char **);
int recheck_confirm_run(struct cli *, int, char **);
int product_add_run(struct cli *, int, char **);
int product_resume_run(struct cli *, int, char **);
int product_set_run(struct cli *, int, char **);
int product_list_run(struct cli *, int, char **);
int product_show_run(struct cli *, int, char **);
int ca_create_run(struct cli *, int, char **);
int ca_request_run(struct cli *, int, char **);
int ca_import_run(struct cli *, int, char **);
int ca_policy_run(struct cli *, int, char **);
int ca_retire_run(struct cli *, int, char **);
int ca_activate_run(struct cli *, int, char **);
int ca_destroy_run(struct cli *, int, char **);
int ca_archive_run(struct cli *, int, char **);
int ca_list_run(struct cli *, int, char **);
int ca_show_run(struct cli *, int, char **);
int manifest_export_run(struct cli *, int, char **);
int manifest_import_run(struct cli *, int, char **);
int manifest_verify_run(struct cli *, int, char **);
int peer_add_run(struct cli *, int, char **);
int passphrase_change_run(struct cli *, int, char **);
int peer_end_run(struct cli *, int, char **);
int peer_list_run(struct cli *, int, char **);
int slot_list_run(struct cli *, int, char **);
int slot_give_run(struct cli *, int, char **);
int issue_csr_run(struct cli *, int, char **);
int device_import_run(struct cli *, int, char **);
int device_list_run(struct cli *, int, char **);
int device_show_run(struct cli *, int, char **);
int device_assign_run(struct cli *, int, char **);
int device_unassign_run(struct cli *, int, char **);
int device_hold_run(struct cli *, int, char **);
int device_release_run(struct cli *, int, char **);
int device_retire_run(struct cli *, int, char **);
int client_block_run(struct cli *, int, char **);
int client_release_run(struct cli *, int, char **);
int client_list_run(struct cli *, int, char **);
int customer_add_run(struct cli *, int, char **);
int customer_set_run(struct cli *, int, char **);
int customer_cloud_run(struct cli *, int, char **);
int customer_file_run(struct cli *, int, char **);
int customer_forget_run(struct cli *, int, char **);
int customer_end_run(struct cli *, int, char **);
int customer_list_run(struct cli *, int, char **);
int customer_show_run(struct cli *, int, char **);
int public_ca_add_run(struct cli *, int, char **);
int public_ca_drop_run(struct cli *, int, char **);
int public_ca_list_run(struct cli *, int, char **);
int journal_verify_run(struct cli *, int, char **);
int journal_succeed_run(struct cli *, int, char **);
int journal_show_run(struct cli *, int, char **);
int lint_run(struct cli *, int, char **);
int audit_keys_run(struct cli *, int, char **);
int audit_counts_run(struct cli *, int, char **);
int audit_taxonomy_run(struct cli *, int, char **);
int explain_run(struct cli *, int, char **);
int ceremony_run(struct cli *, int, char **);
int ceremony_record_run(struct cli *, int, char **);
int customer_run(struct cli *, int, char **);

extern const struct verb verbs[];
extern const size_t verbs_len;

#endif
