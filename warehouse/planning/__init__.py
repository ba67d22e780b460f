"""The plan in the warehouse: what the planner knows is read, draws are kept, and the plan's tables are written."""
