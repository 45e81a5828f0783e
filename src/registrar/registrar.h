/*
 * hallmark-registrar: the sides of RFC 8995 that are not the manufacturer's.
 * What the verbs share: options, files, signed requests, exit codes.
 */
#ifndef REGISTRAR_REGISTRAR_H
#define REGISTRAR_REGISTRAR_H

#include "base/buf.h"
#include "crypto/keys/private_key.h"
#include "envelope/envelope.h"
#include "model/request.h"

#define FILE_MAX    262144 /* any file or answer that we read */
#define REQUEST_MAX 98304  /* a PVR in base64 and some fields */

/* architecture 7 */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_UNAVAILABLE = 3
};

/* --- options.c --- */

/* One option of a verb: a value goes to *value, a bare one sets *flag. */
struct option_row {
	const char *name;
	const char **value;
	bool *flag;
	bool required;
};
#define OPTIONS_MAX 32

/*
 * Reads argv[3..] by the table (ended by a row without name). Exactly
 * operands_max words that are no options go to operands. EXIT_USAGE after a
 * message on stderr: unknown, incomplete or twice given options, too many or
 * too few words.
 */
MUST_USE enum exit_code options_read(int argc, char **argv,
    const struct option_row *rows, const char **operands,
    unsigned operands_max);
/* Says why on stderr, "noun verb: code: sentence (clause): text"; the exit code
 * is EXIT_UNAVAILABLE for what may work later, else EXIT_REFUSED. */
enum exit_code refuse(enum reason r, const struct why *why);
/* What refuse() names in front. */
void refuse_as(const char *noun, const char *verb);

/* --- files.c --- */

/* Certificates of a PEM or DER file, in its order. */
struct certificate_file {
	uint8_t *der;
	unsigned len;
	struct certificate list[PATH_POOL_MAX];
};

/* At least one certificate; free also after a refusal. FILE_UNREADABLE,
 * CERTIFICATE_MALFORMED. */
MUST_USE enum reason certificates_load(
    struct certificate_file *out, const char *path, struct why *why);
void certificates_free(struct certificate_file *f);
/* A private key as other tools write it; passphrase_path may be NULL. The
 * caller frees with private_key_free. */
MUST_USE enum reason key_load(struct private_key **out, const char *path,
    const char *passphrase_path, struct why *why);
/* The trust anchor of a pledge: a certificate's key or a bare public key; *spki
 * borrows from room (FILE_MAX octets). */
MUST_USE enum reason anchor_load(
    uint8_t *room, struct span *spki, const char *path, struct why *why);
/* yang:date-and-time on the command line; NULL is the present. */
MUST_USE enum reason time_option(
    const char *text, int64_t *out, struct why *why);
/* A signed object, binary, base64 or PEM (object_unwrap); the caller frees *out,
 * also after a refusal. FILE_UNREADABLE. */
MUST_USE enum reason object_load(
    struct buf *out, const char *path, size_t max, struct why *why);
/* What --nonce says: 8 to 64 printable characters (MP 7.3). NONCE_LENGTH. */
MUST_USE enum reason nonce_option(
    const char *text, char out[NONCE_MAX + 1], struct why *why);

/* --- sign.c --- */

/* A key with its certificate first and the rest of its chain behind. */
struct identity {
	struct private_key *key;
	unsigned len;
	struct span chain[CHAIN_MAX];
	/* Who owns the spans. */
	struct certificate_file own, more;
};

/* Loads and checks that the key belongs to the certificate. chain_path and
 * passphrase_path may be NULL. Free also after a refusal. */
MUST_USE enum reason identity_load(struct identity *out, const char *key_path,
    const char *certificate_path, const char *chain_path,
    const char *passphrase_path, struct why *why);
void identity_free(struct identity *i);
/* How a request is written and signed. */
struct request_form {
	enum artifact_format format;
	enum cms_content content_type; /* CMS */
	/* More certificates for a COSE request: the pledge's (MP 10.1). */
	const struct certificate_file *bag;
	bool bare; /* COSE: no certificate at all, as a pledge sends it */
	/* JWS of an agent: kid alone, no certificate; NULL = a request's. */
	const char *key_id;
};

/* "cms", "jws" or "cose"; text NULL leaves *out as it is. ADMIN_ARGUMENT. */
MUST_USE enum reason format_option(
    const char *text, enum artifact_format *out, struct why *why);
/*
 * A request in the form's encoding (JSON, CBOR), signed by this identity: CMS
 * with the present as signingTime (MP 8), General JWS (MP 9), COSE_Sign1
 * (MP 10). PAYLOAD_MALFORMED if it is too long, or if its nonce is no base64
 * of octets where the form needs octets; CONTAINER_CERTIFICATES.
 */
MUST_USE enum reason request_sign(const struct identity *i,
    const struct voucher_request *q, const struct request_form *form,
    struct buf *out, struct why *why);
/* The same of any content. */
MUST_USE enum reason content_sign(const struct identity *i, struct span content,
    const struct request_form *form, struct buf *out, struct why *why);

/* --- agent_data.c --- */

/* What a registrar-agent signs for the pledge of this serial (PRM): *out is open.
 * AGENT_KEY_ID if its certificate has no subjectKeyIdentifier, which names it. */
MUST_USE enum reason agent_data_make(const struct identity *agent,
    const char *serial, int64_t created_on, struct buf *out, struct why *why);

/* --- names.c --- */

/* SHA-256 of the SubjectPublicKeyInfo in hex groups of four. */
#define FINGERPRINT_SIZE 80
void fingerprint_print(char out[FINGERPRINT_SIZE], struct span bytes);

/* --- verbs, one file each --- */
enum exit_code pledge_request(int argc, char **argv);
enum exit_code pledge_verify(int argc, char **argv);
enum exit_code pledge_key(int argc, char **argv);
enum exit_code registrar_agent_data(int argc, char **argv);
enum exit_code registrar_request(int argc, char **argv);
enum exit_code registrar_auditlog(int argc, char **argv);
enum exit_code registrar_judge(int argc, char **argv);
enum exit_code registrar_ca(int argc, char **argv);
enum exit_code voucher_show(int argc, char **argv);
enum exit_code voucher_verify(int argc, char **argv);

#endif
