// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// An authority signs certificates of tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	own := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "the CA of a test"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.cert, _ = x509.ParseCertificate(own.Certificate[0])
	a.key = own.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

func (a *authority) sign(template *x509.Certificate) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func (a *authority) here() tls.Certificate {
	return a.sign(&x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
}

func (a *authority) elsewhere() tls.Certificate {
	return a.sign(&x509.Certificate{DNSNames: []string{"elsewhere.example"}})
}

func newFakeWithTLS(t *testing.T, config *tls.Config) *fake {
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	return newFakeAt(t, listener)
}

func overTLS(f *fake, config *tls.Config) Config {
	client := asCI(f.address)
	client.TLS = config
	client.DialTimeout = 2 * time.Second
	return client
}

func TestOverTLSAServerOfTheAuthorityIsBelieved(t *testing.T) {
	a := newAuthority(t)
	f := newFakeWithTLS(t, &tls.Config{Certificates: []tls.Certificate{a.here()}})

	config := overTLS(f, &tls.Config{RootCAs: a.pool()})
	config.DialTimeout = 20 * time.Second
	m := NewMutex(newTestSessionOf(t, nil, config), "jobs/a")
	hold(t, f, m, "7")
	f.drop()

	f.expect("VERIFY")
	expectAuths(f, 2)
}

func TestTheCertificateMayBeForTheNameThatIsAskedFor(t *testing.T) {
	a := newAuthority(t)
	f := newFakeWithTLS(t, &tls.Config{Certificates: []tls.Certificate{a.elsewhere()}})

	config := overTLS(f, &tls.Config{RootCAs: a.pool(), ServerName: "elsewhere.example"})
	config.DialTimeout = 20 * time.Second
	newTestSessionOf(t, nil, config)

	expectAuths(f, 1)
}

func TestWhoIsNotBelievedIsToldNothing(t *testing.T) {
	a := newAuthority(t)
	trust := &tls.Config{RootCAs: a.pool()}
	servers := map[string]*fake{
		"unknown authority": newFakeWithTLS(t,
			&tls.Config{Certificates: []tls.Certificate{newAuthority(t).here()}}),
		"127.0.0.1": newFakeWithTLS(t,
			&tls.Config{Certificates: []tls.Certificate{a.elsewhere()}}),
		"UNREACHABLE": newFakeWithTLS(t,
			&tls.Config{Certificates: []tls.Certificate{a.here()}, ClientCAs: a.pool(),
				ClientAuth: tls.RequireAndVerifyClientCert}),
	}
	opened := map[string]<-chan error{}
	for why, server := range servers {
		opened[why] = begin(overTLS(server, trust))
	}
	for why, server := range servers {
		err := wait(t, opened[why])
		if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", why, err)
		}
		expectAuths(server, 0)
		server.expectNothing()
	}
}

func TestACertificateOfTheClientIsShownWhereItIsAskedFor(t *testing.T) {
	a := newAuthority(t)
	seen := make(chan string, 1)
	f := newFakeWithTLS(t, &tls.Config{Certificates: []tls.Certificate{a.here()},
		ClientCAs: a.pool(), ClientAuth: tls.RequireAndVerifyClientCert,
		VerifyConnection: func(state tls.ConnectionState) error {
			seen <- state.PeerCertificates[0].Subject.CommonName
			return nil
		}})
	ci := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "ci"}})

	newTestSessionOf(t, nil, Config{Endpoints: []string{f.address},
		TLS: &tls.Config{RootCAs: a.pool(), Certificates: []tls.Certificate{ci}}})

	if name := wait(t, seen); name != "ci" {
		t.Error(name)
	}
}
