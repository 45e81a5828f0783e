/*
 * Keys of vouchers in YANG-CBOR (RFC 9254; MP 10.2). Inside a container a key is
 * the difference to the container's SID, and one leaf has different differences
 * in request and voucher.
 */
#ifndef MODEL_SID_H
#define MODEL_SID_H

#define SID_VOUCHER 2451
#define SID_REQUEST 2501
#define TAG_SID	    47 /* an absolute SID as a key */

#endif
