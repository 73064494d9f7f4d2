package agentui

// role is what a user may do; each includes those before it, but only an agent takes calls.
type role int

const (
	rolePublic role = iota // nobody signed in
	roleAgent
	roleSupervisor
	roleAdmin
)

var roleNames = [...]string{rolePublic: "public", roleAgent: "agent", roleSupervisor: "supervisor", roleAdmin: "admin"}

func (r role) String() string { return roleNames[r] }

// roleOf reads store.User.Role; what it does not know may do nothing.
func roleOf(name string) role {
	for r, n := range roleNames {
		if n == name {
			return role(r)
		}
	}
	return rolePublic
}
