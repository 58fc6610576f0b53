//! Who may do what: roles, named actions, and the policy that relates them.
