/*
 * The words that every room shares: sizes of MP 6, 7, 17 and IP 5, and the
 * enumerations that travel in frames and records. Numbers are for ever.
 */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "wire/span.h"

#define SERIAL_MAX	  64 /* X520SerialNumber, RFC 5280 A.1 */
#define NONCE_MIN	  8  /* MP 7.3 */
#define NONCE_MAX	  64
#define PRODUCT_NAME_MAX  64
#define PRODUCT_TOKEN_MAX 6 /* IP 5.2 */
#define SLOT_TOKEN_MAX	  4
#define MASA_URL_MAX	  255	/* IP 5 */
#define KEY_ID_MAX	  64	/* subjectKeyIdentifier octets that we take */
#define SPKI_MAX	  1200	/* SubjectPublicKeyInfo of RSA-8192 fits */
#define RSA_BITS_MAX	  8192	/* MP 17 */
#define RSA_EXPONENT_BITS 33	/* of the longest that is taken */
#define CERTIFICATE_MAX	  4096	/* one certificate, DER */
#define CHAIN_MAX	  6	/* MP 17 */
#define BODY_MAX	  65536 /* MP 17 */
#define KEY_NAME_MAX	  32	/* our own names of signing keys */
#define FACTORY_NAME_MAX  32
#define HASH_SIZE	  32
#define SLUG_SIZE	  16 /* random octets that name a prepared log (MP 14.1) */
#define SUBJECT_MAX	  128 /* a Name as text for people */
#define URL_MAX		  255 /* est-domain, additional-configuration-url */
#define PROPRIETARY_MAX	  512 /* manufacturer-proprietary of a product */
/* Codes of the linter that only warn about a certificate which another CA issued
 * (IP 10), "L01 L05"; octets, with the end. */
#define WARNINGS_SIZE	  200

enum artifact_format {
	FORMAT_NONE = 0,
	FORMAT_CMS_JSON = 1,  /* application/voucher-cms+json */
	FORMAT_JWS_JSON = 2,  /* application/voucher-jws+json */
	FORMAT_COSE_CBOR = 3, /* application/voucher+cose */
};

/* Formats in order of preference, each once: two bits a format, the first one
 * lowest; 0 = none. */
#define FORMAT_LIST_MAX 63

/* MP 12; the numbers are those of MP 10.2 plus one. */
enum assertion {
	ASSERTION_NONE = 0,
	ASSERTION_VERIFIED = 1,
	ASSERTION_LOGGED = 2,
	ASSERTION_PROXIMITY = 3,
	ASSERTION_AGENT_PROXIMITY = 4,
};

/* What of the registrar a voucher pins (MP 11). */
enum pin_kind {
	PIN_CERTIFICATE = 1, /* pinned-domain-cert */
	PIN_PUBK = 2,	     /* pinned-domain-pubk */
	PIN_PUBK_SHA256 = 3, /* pinned-domain-pubk-sha256 */
	/* Products only: a certificate, but of the registrar itself its key. */
	PIN_EITHER_PUBK = 4,
	PIN_EITHER_SHA256 = 5,
	PIN_UNKNOWN = 6, /* products only: nobody has said */
};

/* Where a COSE voucher has its signer's chain (MP 10.1): a registrar strips what is
 * not protected, so a pledge that stores a CA alone needs it there. */
enum bag_place { BAG_UNPROTECTED = 0, BAG_PROTECTED = 1, BAG_BOTH = 2 };

enum request_kind { REQUEST_VOUCHER = 1, REQUEST_AUDIT_LOG = 2 };

enum device_state {
	DEVICE_ACTIVE = 1,
	DEVICE_HELD = 2, /* RFC 8995 10.4: vouchers declined */
	DEVICE_RETIRED = 3,
};

enum device_origin { ORIGIN_ISSUED = 1, ORIGIN_IMPORTED = 2 };

enum key_purpose {
	PURPOSE_VOUCHER = 1,   /* online voucher signer, IP 6 */
	PURPOSE_IDEVID_CA = 2, /* IDevID issuing CA, IP 4 */
	PURPOSE_MANIFEST = 3,  /* ranges of the journal, for other sites */
};
#define PURPOSE_LAST PURPOSE_MANIFEST
/* "voucher", "idevid-ca", "manifest"; "?" for none. */
const char *key_purpose_word(enum key_purpose p);

/* Who issued an IDevID, normalised from the five encodings of MP 6.3. */
enum issuer_kind { ISSUER_NONE = 0, ISSUER_KEY_ID = 1, ISSUER_NAME = 2 };
struct issuer {
	enum issuer_kind kind;
	uint8_t len;
	uint8_t bytes[KEY_ID_MAX]; /* key identifier, or SHA-256 of the Name */
};

/* "proximity" and so on (MP 6.2); "" for NONE. */
const char *assertion_text(enum assertion a);
enum assertion assertion_find(struct span text);
const char *format_media_type(enum artifact_format f);

/* Adds f at the end, unless it is there. */
unsigned format_list_add(unsigned list, enum artifact_format f);
/* The n-th, from 0; FORMAT_NONE behind the last one. */
enum artifact_format format_list_at(unsigned list, unsigned n);
bool format_list_has(unsigned list, enum artifact_format f);
/* Is it one that _add could have made? */
bool format_list_valid(unsigned list);

#endif
