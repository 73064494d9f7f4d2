package store_test

import (
	"testing"

	"patchbay/store"
)

func TestCustomerQuick(t *testing.T) {
	s := server.Store(t)
	c, err := s.CreateCustomer(t.Context(), store.Customer{Name: "Haruto Tanaka", Phones: []string{"(202) 555-0142"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", c)
}
